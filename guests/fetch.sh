#!/usr/bin/env bash
# Fetches the guests that tests and benchmarks boot from Debian's packages, by name, into guests/cache. Needs apt-get and dpkg-deb, no root.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
cache=$here/cache
mkdir -p "$cache"

# package, file inside it, name in the cache
guests=(
    "memtest86+ boot/memtest86+x64.bin memtest86+x64.bin"
)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
cd "$work"
for row in "${guests[@]}"; do
    read -r package file name <<<"$row"
    [[ -f $cache/$name ]] && continue
    if ! apt-get download "$package" >/dev/null 2>&1; then
        if [[ $(id -u) -eq 0 ]]; then apt-get update -qq; fi
        apt-get download "$package" >/dev/null
    fi
    dpkg-deb -x ./"$package"_*.deb tree
    cp "tree/$file" "$cache/$name"
    echo "fetched $name"
done
