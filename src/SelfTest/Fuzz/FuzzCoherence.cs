using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Pages;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.SelfTest.Fuzz;

/// <summary>Code coherence for one processor whose translations all go after each case.</summary>
internal sealed class FuzzCoherence(Cpu cpu, TbCache cache) : ICodeCoherence
{
    private readonly List<TranslationBlock> _blocks = [];
    private readonly HashSet<RamPage> _pages = [];
    private int _nextRegion;

    public void Protect(RamPage page)
    {
        var stores = cpu.Ports.Stores;
        if (_pages.Add(page) && !stores.BeginCode(page).IsNone) cpu.Tlb.RevokeWrite(page);
        stores.Pages.SetFlags(page, PageFlags.Protected);
    }

    public LinkOutcome Link(TranslationBlock tb, PageVersions versions, out TranslationBlock? existing)
    {
        existing = cache.Hash.Find(tb.Key);
        if (existing is not null) return LinkOutcome.Existing;
        cache.Hash.Add(tb);
        _blocks.Add(tb);
        return LinkOutcome.Linked;
    }

    public void CodeWrite(RamOffset start, int length)
    {
        foreach (var tb in _blocks)
        {
            if (!tb.IsDead && Overlaps(tb, start, length)) Kill(tb);
        }
    }

    public CodeRegion NextRegion(CodeRegion? full)
    {
        if (_nextRegion == cache.Buffer!.Regions.Count) throw new InvalidOperationException("one case filled the code buffer");
        return cache.Buffer.Regions[_nextRegion++];
    }

    /// <summary>Nothing is translated any more. The processor runs none of it.</summary>
    public void Clear()
    {
        foreach (var tb in _blocks)
        {
            if (!tb.IsDead) Kill(tb);
            cache.Descriptors.Release(tb);
        }
        _blocks.Clear();
        foreach (var page in _pages) cpu.Ports.Stores.EndCode(page);
        _pages.Clear();
        // The translator keeps the region it has.
        for (var region = 0; region < _nextRegion; region++) cache.Buffer!.Regions[region].Reset();
    }

    private void Kill(TranslationBlock tb)
    {
        cache.Hash.Remove(tb);
        cache.Jumps.Kill(tb);
    }

    private static bool Overlaps(TranslationBlock tb, RamOffset start, int length)
    {
        var first = tb.Key.PhysicalPc.Value;
        var onFirst = Math.Min(tb.GuestBytes, PageSize.Bytes - (int)(first & ~PageSize.Mask));
        if (start.Page == tb.Page0 && start.Value < first + (ulong)onFirst && first < start.Value + (ulong)length) return true;
        return start.Page == tb.Page1 && (start.Value & ~PageSize.Mask) < (ulong)(tb.GuestBytes - onFirst);
    }
}
