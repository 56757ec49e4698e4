namespace Tcg.Mttcg.Memory.Tlb;

/// <summary>How entries leave a table, and how their write permission comes and goes.</summary>
internal sealed unsafe partial class TlbTable
{
    internal void FlushAll()
    {
        var shift = _sizing.AfterFlush(_used, _shift);
        if (shift != _shift)
            Resize(shift);
        else
            EmptyAll();
    }

    internal void FlushNonGlobal()
    {
        _evictions = 0;
        var shift = _sizing.AfterFlush(_used, _shift);
        if (shift != _shift)
            Resize(shift);
        else if (!_hasGlobal)
            EmptyAll();
        else
            EmptyWhere(static (in TlbFullEntry full, ulong _, ulong _) => !full.Global, 0, 0);
    }

    /// <param name="keys">Bit k: pages with protection key k. The delegate's second word takes it.</param>
    internal void FlushKeys(uint keys) => EmptyWhere(static (in TlbFullEntry full, ulong keys, ulong _) => (keys >> full.Key & 1) != 0, keys, 0);

    /// <summary>Forgets a page, and with it the whole large page it may be a part of.</summary>
    internal void FlushPage(ulong address, bool keepGlobal = false)
    {
        if (_large.TryFind(address, out var start, out var shift))
        {
            FlushSpan(start, shift >= 64 ? 0 : 1UL << shift, keepGlobal);
            return;
        }
        var page = address & PageSize.Mask;
        var index = IndexOf(page);
        if (!IsEmpty(_entries[index]) && _full[index].VirtualPage == page && !(keepGlobal && _full[index].Global))
            EmptyOne(index);
        for (var i = 0; i < Victims; i++)
            if (_victimFull[i].VirtualPage == page && !(keepGlobal && _victimFull[i].Global))
                _victims[i] = EmptyEntry(0);
    }

    /// <summary>Forgets all pages that a span touches; a length of 0 stands for the whole address space.</summary>
    internal void FlushRange(ulong start, ulong length)
    {
        var first = start & PageSize.Mask;
        var bytes = length == 0 ? 0 : ((start - first) + length + PageSize.Bytes - 1) & PageSize.Mask;
        if (bytes == 0 || bytes < length)
        {
            FlushAll();
            return;
        }
        if (_large.Touches(first, bytes) || bytes >> PageSize.Shift > (ulong)Entries)
        {
            for (var i = 0; i < Entries; i++)
                if (!IsEmpty(_entries[i]) && Reaches(_full[i], first, bytes))
                    EmptyOne(i);
            for (var i = 0; i < Victims; i++)
                if (!IsEmpty(_victims[i]) && Reaches(_victimFull[i], first, bytes))
                    _victims[i] = EmptyEntry(0);
            return;
        }
        for (var page = first; page != first + bytes; page += PageSize.Bytes)
            FlushPage(page);
    }

    internal void RevokeWrite(RamPage page)
    {
        var index = 0;
        var pages = _ramPages.AsSpan(0, Entries);
        while (pages[index..].IndexOf(page.Index) is >= 0 and var found)
        {
            index += found;
            Revoke(ref _entries[index], _full[index].VirtualPage);
            if (++index == pages.Length)
                break;
        }
        for (var i = 0; i < Victims; i++)
            if (_victimFull[i].RamPage == page)
                Revoke(ref _victims[i], _victimFull[i].VirtualPage);
    }

    internal void RevokeWrites()
    {
        if (!_touched)
            return;
        for (var i = 0; i < Entries; i++)
            Revoke(ref _entries[i], _full[i].VirtualPage);
        for (var i = 0; i < Victims; i++)
            Revoke(ref _victims[i], _victimFull[i].VirtualPage);
    }

    private void Revoke(ref TlbEntry entry, ulong page)
    {
        if (!IsEmpty(entry) && !IsInvalid(entry.WriteTag))
            entry.WriteTag = AddNotDirty(entry.WriteTag, page);
    }

    /// <summary>The reverse, for the entry of one linear page if it still shows that RAM page.</summary>
    internal void SetDirty(ulong address, RamPage ramPage)
    {
        var page = address & PageSize.Mask;
        var index = IndexOf(page);
        if (!IsEmpty(_entries[index]) && _full[index].VirtualPage == page && _full[index].RamPage == ramPage)
            _entries[index].WriteTag = WithoutNotDirty(_entries[index].WriteTag, page);
        for (var i = 0; i < Victims; i++)
            if (!IsEmpty(_victims[i]) && _victimFull[i].VirtualPage == page && _victimFull[i].RamPage == ramPage)
                _victims[i].WriteTag = WithoutNotDirty(_victims[i].WriteTag, page);
    }

    private delegate bool Predicate(in TlbFullEntry full, ulong start, ulong length);

    /// <summary>Forgets the entries in an aligned span; a length of 0 is everything.</summary>
    private void FlushSpan(ulong start, ulong length, bool keepGlobal)
    {
        if (keepGlobal)
            EmptyWhere(
                static (in TlbFullEntry full, ulong start, ulong length) => full.VirtualPage - start <= length - 1 && !full.Global,
                start, length);
        else
            EmptyWhere(static (in TlbFullEntry full, ulong start, ulong length) => full.VirtualPage - start <= length - 1, start, length);
    }

    private void EmptyWhere(Predicate matches, ulong start, ulong length)
    {
        for (var i = 0; i < Entries; i++)
            if (!IsEmpty(_entries[i]) && matches(_full[i], start, length))
                EmptyOne(i);
        for (var i = 0; i < Victims; i++)
            if (!IsEmpty(_victims[i]) && matches(_victimFull[i], start, length))
                _victims[i] = EmptyEntry(0);
    }

    /// <summary>Whether the guest page that an entry is a part of overlaps a span.</summary>
    private static bool Reaches(in TlbFullEntry full, ulong start, ulong length)
    {
        var size = 1UL << full.PageShift;
        var page = full.VirtualPage & ~(size - 1);
        return page - start < length || start - page < size;
    }

    private void ForgetVictims(ulong page)
    {
        for (var i = 0; i < Victims; i++)
            if (_victimFull[i].VirtualPage == page)
                _victims[i] = EmptyEntry(0);
    }

    private static bool IsInvalid(ulong tag) => (tag & (ulong)TlbFlags.Invalid) != 0;

    private ulong AddNotDirty(ulong tag, ulong page)
    {
        if (!TlbTag.Matches(tag, page, out var flags) || (flags & (TlbFlags.Mmio | TlbFlags.DiscardWrite | TlbFlags.NotDirty)) != 0)
            return tag;
        _counters.Revocations++;
        return TlbTag.Make(page, flags | TlbFlags.NotDirty);
    }

    private static ulong WithoutNotDirty(ulong tag, ulong page) =>
        TlbTag.Matches(tag, page, out var flags) ? TlbTag.Make(page, flags & ~TlbFlags.NotDirty) : tag;

    private static TlbEntry EmptyEntry(int index)
    {
        var tag = TlbTag.Empty(index);
        return new() { ReadTag = tag, WriteTag = tag, CodeTag = tag };
    }

    private void EmptyOne(int index)
    {
        _entries[index] = EmptyEntry(index);
        _used--;
    }

    private void Resize(int shift)
    {
        SetSize(shift);
        _touched = true;
        EmptyAll();
        _counters.Resizes++;
    }

    private void EmptyAll()
    {
        if (!_touched)
            return;
        _touched = false;
        var pairs = new Span<EntryPair>(_entries, Entries / 2);
        pairs.Fill(new() { Even = EmptyEntry(0), Odd = EmptyEntry(1) });
        _victims.AsSpan().Fill(EmptyEntry(0));
        _large.Clear();
        _used = 0;
        _evictions = 0;
        _hasGlobal = false;
    }

    private struct EntryPair
    {
        internal TlbEntry Even;
        internal TlbEntry Odd;
    }
}
