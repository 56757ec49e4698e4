#!/usr/bin/env bash
# Breaks the coherence protocol on purpose, one step at a time, in a copy of the sources, and lets a named test find it. Prints a table; exit code 0: every
# mutation was caught within a minute. Takes some minutes. tests/mutations.sh [NAME...] runs the named ones only.
set -uo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
limit=60
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 RunAnalyzers=false
wanted=("$@")
missed=0

tar -C "$root" --exclude=bin --exclude=obj --exclude=cache --exclude=.git -cf - . | tar -C "$copy" -xf -
build() { dotnet build "$copy/tests/$1" -c Release -v quiet --nologo -p:TreatWarningsAsErrors=false >"$copy/build.log" 2>&1; }
dotnet restore "$copy/Tcg.Mttcg.sln" -v quiet >/dev/null || exit 2
for project in Actors Memory Translator Guests; do build "$project" || { cat "$copy/build.log"; exit 2; }; done

row() { printf '  %-34s %-10s %6s  %s\n' "$@"; }
row "what is left out" "" "s" "test"

# NAME  FILE  BEFORE  AFTER  TEST PROJECT  TEST
mutate() {
    local name=$1 file=$copy/$2 before=$3 after=$4 project=$5 test=$6 text start status verdict
    if ((${#wanted[@]} > 0)) && [[ ! " ${wanted[*]} " == *" $name "* ]]; then return; fi
    text=$(<"$file")
    if [[ $text != *"$before"* ]]; then row "$name" "OUTDATED" "" "$2 has no such code"; missed=1; return; fi
    cp "$file" "$copy/original"
    printf '%s\n' "${text/"$before"/"$after"}" >"$file"
    if ! build "$project"; then
        cat "$copy/build.log"
        verdict="NO BUILD"; missed=1; start=$SECONDS
    else
        start=$SECONDS
        timeout --kill-after=5 $limit dotnet test "$copy/tests/$project" -c Release --no-build --nologo --filter "$test" >"$copy/test.log" 2>&1
        status=$?
        if ((status == 124 || status == 137)); then verdict="HUNG"; missed=1
        elif ((status == 0)) || ! grep -q 'Failed!' "$copy/test.log"; then verdict="MISSED"; missed=1
        else verdict="caught"; fi
    fi
    row "$name" "$verdict" "$((SECONDS - start))" "$test"
    cp "$copy/original" "$file"
}

link=src/Actors/Coherence/CodeCoherence.Link.cs
mutate protect-before-read src/Translator/Runtime/CodeFetch.cs \
    'if (!TryProtected(pc, raise: true, out _first, out _firstVersion)) return false;
        _firstLength = PageSize.Bytes - (int)pc.PageOffset;
        if (_first.IsRam)
        {
            new ReadOnlySpan<byte>(_first.Host, _firstLength).CopyTo(_firstBytes);' \
    'if (!cpu.TryResolveCode(pc, true, out _first)) return false;
        _firstLength = PageSize.Bytes - (int)pc.PageOffset;
        if (_first.IsRam) new ReadOnlySpan<byte>(_first.Host, _firstLength).CopyTo(_firstBytes);
        if (!TryProtected(pc, raise: true, out _first, out _firstVersion)) return false;
        if (_first.IsRam)
        {' \
    Guests 'FullyQualifiedName~LitmusTests.No_forbidden&DisplayName~stale-alone'
mutate revocation-before-read src/Actors/Coherence/CodeCoherence.cs \
    'if (writers.IsNone)' 'if (true)' \
    Actors 'FullyQualifiedName~RandomInterleavingTests.No_interleaving'
mutate revocation-of-all-writers src/Memory/Pages/PageWriters.cs \
    'Includes(cpu) ? this : Any;' 'this;' \
    Actors 'FullyQualifiedName~RandomInterleavingTests.No_interleaving'
mutate bitmap-or-on-link $link \
    'if (code.HasExactBitmap) Publish(code, SmcBitmaps.Or(code.Bitmap, code.Page, block));' '' \
    Actors 'FullyQualifiedName~RandomInterleavingTests.No_interleaving'
mutate version-check-at-link $link \
    'if (pages.Version(page) == version) return true;' 'return true;' \
    Actors 'FullyQualifiedName~RandomInterleavingTests.No_interleaving'
mutate writers-in-flight-check $link \
    'if (pages.WritersInFlight(page) == 0) return true;' 'return true;' \
    Actors 'FullyQualifiedName~RandomInterleavingTests.No_interleaving'
mutate code-quiescence-wait src/Actors/Regions/RegionPool.cs \
    '_grace.Begin(ticket => new ForgetRegion(region, ticket), () => Forgotten(region));' 'Forgotten(region);' \
    Actors 'FullyQualifiedName~RegionPoolTests'
mutate code-quiescence-wait-in-guest src/Actors/Regions/RegionPool.cs \
    '_grace.Begin(ticket => new ForgetRegion(region, ticket), () => Forgotten(region));' 'Forgotten(region);' \
    Guests 'FullyQualifiedName~LitmusTests.Host_code_stays'
mutate revalidation-after-ask src/Translator/Runtime/Access/Cpu.Stores.cs \
    'if (Tlb.TryLookup(view, address, AccessKind.Write, out var again) && again.Host == hit.Host) return true;' 'return true;' \
    Translator 'FullyQualifiedName~RevalidationTests.A_store'
mutate revalidation-of-first-page src/Translator/Runtime/CodeFetch.cs \
    'if (!cpu.TryResolveCode(_pc, raise: false, out var again) || again.Offset != _first.Offset) return false;' '' \
    Translator 'FullyQualifiedName~RevalidationTests.Code_on'
mutate reply-before-store src/Translator/Runtime/Access/Cpu.Stores.cs \
    'Coherence.CodeWrite(new(hit.RamPage.Start.Value + address.PageOffset), bytes);' '' \
    Guests 'FullyQualifiedName~LitmusTests.No_forbidden&DisplayName~stale-keep'
mutate device-invalidation src/Memory/Physical/PhysicalMemory.cs \
    '_invalidation?.Invalidate(offset, length);' 'return;' \
    Guests 'FullyQualifiedName~LitmusTests.No_forbidden&DisplayName~dma-interrupt'
mutate reply-before-used-index src/Actors/Coherence/DmaInvalidation.cs \
    'answer.Wait(teardown);' '_ = answer;' \
    Actors 'FullyQualifiedName~OwnerFailureTests'
MTTCG_LITMUS_SCALE=5 mutate version-after-device-write src/Memory/Physical/PhysicalMemory.cs \
    '_tracking.CompleteDma(ticket);' '_tracking.Abandon(ticket);' \
    Guests 'FullyQualifiedName~LitmusTests.No_forbidden&DisplayName~dma-poll&DisplayName~cpus: 2&DisplayName~Auto'
flush=src/Actors/Coherence/CodeCoherence.Flush.cs
mutate dirty-log-wait $flush \
    'Flush(TlbFlush.Writes, () => peers.Reply(asker, new ReadDirtyLogReply(bits, dirty)));' \
    'Flush(TlbFlush.Writes, () => { });
        peers.Reply(asker, new ReadDirtyLogReply(bits, dirty));' \
    Actors 'FullyQualifiedName~DirtyLogGuestTests.A_store'
mutate dirty-bits-before-flush $flush \
    'var dirty = pages.ReadAndClearDirty(client, first, count, bits);
        Flush(TlbFlush.Writes, () => peers.Reply(asker, new ReadDirtyLogReply(bits, dirty)));' \
    'Flush(TlbFlush.Writes, () =>
        {
            var dirty = pages.ReadAndClearDirty(client, first, count, bits);
            peers.Reply(asker, new ReadDirtyLogReply(bits, dirty));
        });' \
    Actors 'FullyQualifiedName~DirtyLogGuestTests.What_two'
mutate compare-and-swap-in-walker src/Memory/Physical/PhysicalMemory.cs \
    'Interlocked.CompareExchange(ref target, wanted, expected)' 'Interlocked.Exchange(ref target, wanted)' \
    Memory 'FullyQualifiedName~PageWalkerMarkTests'
MTTCG_LITMUS_SCALE=100 mutate compare-and-swap-in-walker-in-guest src/Memory/Physical/PhysicalMemory.cs \
    'Interlocked.CompareExchange(ref target, wanted, expected)' 'Interlocked.Exchange(ref target, wanted)' \
    Guests 'FullyQualifiedName~LitmusTests.No_forbidden&DisplayName~walker-ad&DisplayName~cpus: 2'

exit $missed
