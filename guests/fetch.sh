#!/usr/bin/env bash
# Fetches the guests that tests and benchmarks boot from Debian's packages, by name, into guests/cache. Needs apt-get and dpkg-deb, no root.
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

for row in "${guests[@]}"; do
    read -r package file name <<<"$row"
    [[ -f $cache/$name ]] && continue
    rm -f ./*.deb
    if ! download "$package"; then
        if [[ $(id -u) -eq 0 ]]; then apt-get update -qq; fi
        download "$package" || { echo "cannot download ${package%>}" >&2; exit 1; }
    fi
    dpkg-deb --fsys-tarfile ./*.deb | tar -xO --wildcards "./$file" >"$name"
    mv "$name" "$cache/$name"
    echo "fetched $name"
done
"$here/initramfs.sh"
