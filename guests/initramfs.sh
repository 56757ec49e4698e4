#!/usr/bin/env bash
# Makes guests/cache/initramfs.cpio: a static busybox, the kernel's virtio modules and the init script below, as a "newc" archive (Linux, Documentation/driver-api/early-userspace).
# The kernel command line tells init what to do: "mttcg=poweroff" or "mttcg=reboot" after the marker line, else a shell on ttyS0.
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
trap 'rm -f "$init" "$out.new"' EXIT
cat >"$init" <<'INIT'
#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
exec </dev/console >/dev/console 2>&1
if grep -q 0x1af4 /sys/bus/pci/devices/*/vendor 2>/dev/null; then
    while read -r module; do insmod "/modules/$module.ko"; done </modules/order
fi
read -r uptime rest </proc/uptime
echo "mttcg: init runs, $(nproc) processors, kernel $(uname -r), up $uptime s"
for word in $(cat /proc/cmdline); do
    case $word in
        mttcg=poweroff) echo "mttcg: power off"; poweroff -f ;;
        mttcg=reboot) echo "mttcg: reboot"; reboot -f ;;
    esac
done
exec setsid cttyhack sh
INIT

{
    for folder in bin dev mnt modules proc sys tmp; do entry $folder 040755; done
    entry bin/busybox 0100755 "$busybox"
    while read -r module; do entry "modules/$module.ko" 0100644 "$modules/$module.ko"; done <"$modules/order"
    entry modules/order 0100644 "$modules/order"
    entry init 0100755 "$init"
    entry 'TRAILER!!!' 0
} >"$out.new"
mv "$out.new" "$out"
