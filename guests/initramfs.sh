#!/usr/bin/env bash
# Makes guests/cache/initramfs.cpio: a static busybox, the kernel's virtio modules and the init script below, as a "newc" archive (Linux, Documentation/driver-api/early-userspace).
# The kernel command line tells init what to do: "mttcg=net" asks DHCP for an address and starts dropbear if it is there (fetch.sh --ssh makes initramfs-ssh.cpio), "mttcg=bench" times
# some small programs, "mttcg=poweroff" or "mttcg=reboot" act after the marker line, "root=/dev/vda" goes on with the system on that disk, else a shell waits on ttyS0.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
busybox=$here/cache/busybox
modules=$here/cache/modules
out=$here/cache/initramfs.cpio
inode=0

# name, mode (octal), file with the content or nothing
entry() {
    local name=$1 mode=$2 file=${3:-} size=0
    if [[ -n $file ]]; then size=$(stat -c %s "$file"); fi
    inode=$((inode + 1))
    # magic, inode, mode, uid, gid, links, time, size, device and special device (major, minor), length of the name, check sum
    printf '070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x' \
        $inode $((8#$mode)) 0 0 1 0 "$size" 0 0 0 0 $((${#name} + 1)) 0
    printf '%s\0' "$name"
    pad $((110 + ${#name} + 1))
    if [[ -n $file ]]; then cat "$file"; pad "$size"; fi
}

pad() { head -c $(((4 - $1 % 4) % 4)) /dev/zero; }

init=$(mktemp)
lease=$(mktemp)
accounts=$(mktemp)
trap 'rm -f "$init" "$lease" "$accounts" "$out.new"' EXIT
cat >"$init" <<'INIT'
#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts
mount -t devpts pts /dev/pts
exec </dev/console >/dev/console 2>&1
ip link set lo up
if grep -q 0x1af4 /sys/bus/pci/devices/*/vendor 2>/dev/null; then
    while read -r module; do insmod "/modules/$module.ko"; done </modules/order
fi
for word in $(cat /proc/cmdline); do
    if [ "$word" = mttcg=net ]; then
        ip link set eth0 up
        udhcpc -i eth0 -n -q -t 10 && echo "mttcg: network $(ip -4 -o addr show eth0 | awk '{ print $4 }')"
        if [ -x /bin/dropbear ]; then dropbear -R -B -p 22; fi
    fi
done
# Hundredths of a second.
now() { read -r uptime rest </proc/uptime; echo "${uptime%.*}${uptime#*.}"; }
bench() {
    start=$(now)
    sh -c "$2" >/dev/null 2>&1
    echo "mttcg: bench $1 $((($(now) - start) * 10)) ms"
}
read -r uptime rest </proc/uptime
echo "mttcg: init runs, $(nproc) processors, kernel $(uname -r), up $uptime s"
for word in $(cat /proc/cmdline); do
    case $word in
        mttcg=bench)
            bench fork 'i=0; while [ $i -lt 500 ]; do busybox true; i=$((i + 1)); done'
            bench pipe 'dd if=/dev/zero bs=4k count=20000 | cat'
            bench hash 'dd if=/dev/zero bs=1M count=32 | sha256sum'
            bench gzip 'dd if=/dev/urandom bs=1M count=8 | gzip'
            bench shell 'i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done'
            ;;
        mttcg=poweroff) echo "mttcg: power off"; poweroff -f ;;
        mttcg=reboot) echo "mttcg: reboot"; reboot -f ;;
        root=*)
            mount -o rw "${word#root=}" /mnt || continue
            for folder in dev proc sys; do mount --move /$folder /mnt/$folder; done
            exec switch_root /mnt /sbin/init
            ;;
    esac
done
exec setsid cttyhack sh
INIT

# What udhcpc calls with a lease in its environment.
cat >"$lease" <<'LEASE'
#!/bin/sh
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
ip addr flush dev "$interface"
ip addr add "$ip/$mask" dev "$interface"
[ -z "$router" ] || ip route add default via "${router%% *}"
for server in $dns; do echo "nameserver $server"; done >/etc/resolv.conf
[ -z "$hostname" ] || hostname "$hostname"
exit 0
LEASE
# root without a password: a guest behind a forward on the loopback interface of its host.
echo 'root::0:0:root:/:/bin/sh' >"$accounts"

base() {
    for folder in bin dev etc etc/dropbear etc/udhcpc lib lib64 mnt modules proc sys tmp; do entry $folder 040755; done
    entry bin/busybox 0100755 "$busybox"
    while read -r module; do entry "modules/$module.ko" 0100644 "$modules/$module.ko"; done <"$modules/order"
    entry modules/order 0100644 "$modules/order"
    entry etc/udhcpc/default.script 0100755 "$lease"
    entry etc/passwd 0100644 "$accounts"
    entry init 0100755 "$init"
}

ssh() {
    entry bin/dropbear 0100755 "$here/cache/ssh/dropbear"
    for file in "$here"/cache/ssh/lib*.so*; do entry "lib/${file##*/}" 0100755 "$file"; done
    entry lib64/ld-linux-x86-64.so.2 0100755 "$here/cache/ssh/ld-linux-x86-64.so.2"
}

{ base; entry 'TRAILER!!!' 0; } >"$out.new"
mv "$out.new" "$out"
if [[ -d $here/cache/ssh ]]; then
    { base; ssh; entry 'TRAILER!!!' 0; } >"$out.new"
    mv "$out.new" "${out%.cpio}-ssh.cpio"
fi
