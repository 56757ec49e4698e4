#!/usr/bin/env bash
# Makes guests/cache/debian.ext4: a Debian 12 with systemd on an ext4 file system without a partition table. A login on ttyS0 (root, password "mttcg"), DHCP on every
# network card, an SSH server, stress-ng. No root needed where unprivileged user namespaces work (mmdebstrap's "unshare" mode); it is taken from its package.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
cache=$here/cache
image=$cache/debian.ext4
size=1G
packages=systemd,systemd-sysv,udev,dbus,login,passwd,util-linux,procps,iproute2,iputils-ping,kmod,e2fsprogs,dropbear,stress-ng
mkdir -p "$cache"
[[ -f $image ]] && exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"

mmdebstrap=$(command -v mmdebstrap || true)
if [[ -z $mmdebstrap ]]; then
    (cd "$work" && { apt-get download mmdebstrap || { apt-get update -qq && apt-get download mmdebstrap; }; } >/dev/null 2>&1) \
        || { echo "cannot download mmdebstrap" >&2; exit 1; }
    dpkg-deb -x "$work"/mmdebstrap_*.deb "$work/tool"
    export PATH=$work/tool/usr/bin:$PATH
    mmdebstrap=$work/tool/usr/bin/mmdebstrap
fi

# Runs inside the new root's name space, where files have their owners. Arguments: the root, a path for another view of it, the image.
cat >"$work/finish" <<'FINISH'
#!/usr/bin/env bash
set -euo pipefail
root=$1
echo mttcg >"$root/etc/hostname"
echo '127.0.0.1 localhost mttcg' >"$root/etc/hosts"
echo '/dev/vda / ext4 defaults 0 1' >"$root/etc/fstab"
echo 'nameserver 10.0.2.3' >"$root/etc/resolv.conf"
echo 'root:mttcg' | chroot "$root" chpasswd
printf '[Match]\nName=en* eth*\n\n[Network]\nDHCP=yes\n' >"$root/etc/systemd/network/ethernet.network"
chroot "$root" systemctl enable --quiet systemd-networkd serial-getty@ttyS0 dropbear
# Nothing waits for a network that may not be there, and nothing happens behind the back of a measurement.
chroot "$root" systemctl mask --quiet systemd-networkd-wait-online.service apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer getty@tty1.service
: >"$root/etc/machine-id"
rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/tmp/* "$root"/usr/share/{doc,man,locale,info}/*
mkdir -p "$root"/var/cache/apt/archives/partial "$root"/var/lib/apt/lists/partial
# Another view of the root, without what is mounted below it.
mkdir "$2"
mount --bind "$root" "$2"
mke2fs -q -t ext4 -F -L mttcg -d "$2" "$3"
umount "$2"
FINISH
chmod +x "$work/finish"

# The file is there before the name spaces are, so that its owner is the caller.
truncate -s "$size" "$work/debian.ext4"
chmod 666 "$work/debian.ext4"
"$mmdebstrap" --quiet --variant=minbase --include="$packages" --skip=output/dev --customize-hook="$work/finish \"\$1\" $work/view $work/debian.ext4" bookworm /dev/null
chmod 644 "$work/debian.ext4"
mv "$work/debian.ext4" "$image"
echo "made debian.ext4"
