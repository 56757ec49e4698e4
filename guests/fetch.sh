#!/usr/bin/env bash
# Fetches the guests that tests and benchmarks boot from Debian's packages, by name, into guests/cache. Needs apt-get and dpkg-deb, no root.
# With --ssh also dropbear and the libraries it needs, for an initramfs that one can log in to.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
cache=$here/cache
mkdir -p "$cache"

# package ("NAME>": the one it depends on), file inside it, name in the cache
guests=(
    "memtest86+ boot/memtest86+x64.bin memtest86+x64.bin"
    "linux-image-cloud-amd64> boot/vmlinuz-* vmlinuz-cloud"
    "busybox-static bin/busybox busybox"
)

dependency() { apt-cache depends "$1" | awk '$1 == "Depends:" { print $2; exit }'; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"

download() {
    local package=$1
    if [[ $package == *'>' ]]; then package=$(dependency "${package%>}"); fi
    [[ -n $package ]] && apt-get download "$package" >/dev/null 2>&1
}

fetch() {
    rm -f ./*.deb
    if ! download "$1"; then
        if [[ $(id -u) -eq 0 ]]; then apt-get update -qq; fi
        download "$1" || { echo "cannot download ${1%>}" >&2; exit 1; }
    fi
}

for row in "${guests[@]}"; do
    read -r package file name <<<"$row"
    [[ -f $cache/$name ]] && continue
    fetch "$package"
    dpkg-deb --fsys-tarfile ./*.deb | tar -xO --wildcards "./$file" >"$name"
    mv "$name" "$cache/$name"
    echo "fetched $name"
done

# The cloud kernel's drivers for virtio, in the order in which they load. The kernel has them in its package, and no others fit it.
modules=(virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk failover net_failover virtio_net virtio_console virtio-rng)
if [[ ! -f $cache/modules/order ]]; then
    # Kernel and modules must be of one version.
    fetch "linux-image-cloud-amd64>"
    dpkg-deb --fsys-tarfile ./*.deb >package.tar
    tar -xO --wildcards "./boot/vmlinuz-*" -f package.tar >"$cache/vmlinuz-cloud"
    mkdir -p "$cache/modules"
    for module in "${modules[@]}"; do tar -xO --wildcards "./lib/modules/*/$module.ko" -f package.tar >"$cache/modules/$module.ko"; done
    printf '%s\n' "${modules[@]}" >"$cache/modules/order"
    echo "fetched modules"
fi
# package, file inside it
ssh=(
    "dropbear-bin usr/sbin/dropbear"
    "libtomcrypt1 usr/lib/x86_64-linux-gnu/libtomcrypt.so.1"
    "libtommath1 usr/lib/x86_64-linux-gnu/libtommath.so.1"
    "libgmp10 usr/lib/x86_64-linux-gnu/libgmp.so.10"
    "libcrypt1 lib/x86_64-linux-gnu/libcrypt.so.1"
    "zlib1g lib/x86_64-linux-gnu/libz.so.1"
    "libc6 lib/x86_64-linux-gnu/libc.so.6"
    "libc6 lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"
)
if [[ ${1:-} == --ssh && ! -d $cache/ssh ]]; then
    mkdir root ssh
    for row in "${ssh[@]}"; do
        read -r package file <<<"$row"
        fetch "$package"
        dpkg-deb -x ./*.deb root
        cp -L "root/$file" ssh/
    done
    mv ssh "$cache/ssh"
    echo "fetched ssh"
fi
"$here/initramfs.sh"
