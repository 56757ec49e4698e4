#!/usr/bin/env bash
# Boots the cloud kernel many times in a row, half with 2 vCPUs and half with 4, beside two busy processes on the host, and says how long each took.
# Usage: guests/boots.sh [BOOTS [SECONDS]]: 100 boots; one that takes longer than 120 seconds hangs. Exit code 0: all powered off by themselves.
set -euo pipefail
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
boots=${1:-100}
limit=${2:-120}
failures=0

"$here/../mttcg" --help >/dev/null
burn() { while :; do :; done; }
burn & first=$!
burn & second=$!
log=$(mktemp)
trap 'kill $first $second; rm -f "$log"' EXIT

for ((i = 1; i <= boots; i++)); do
    cpus=$((i % 2 * 2 + 2))
    start=$(date +%s%N)
    code=0
    timeout "$limit" "$here/../mttcg" run -smp $cpus -m 512M -nographic -no-reboot -kernel "$here/cache/vmlinuz-cloud" -initrd "$here/cache/initramfs.cpio" \
        -append "console=ttyS0 panic=-1 mttcg=poweroff" </dev/null >"$log" 2>&1 || code=$?
    printf 'boot %d: -smp %d, exit code %d, %d ms\n' "$i" $cpus $code $((($(date +%s%N) - start) / 1000000))
    if ((code != 0)) || ! grep -q "init runs, $cpus processors" "$log"; then
        failures=$((failures + 1))
        tail -n 20 "$log"
    fi
done
echo "$boots boots, $failures failed"
((failures == 0))
