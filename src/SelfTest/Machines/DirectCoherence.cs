using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Pages;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.SelfTest.Machines;

/// <summary>Code coherence for one vCPU without actors: everything happens in the call.</summary>
internal sealed class DirectCoherence(Cpu cpu, TbCache cache) : ICodeCoherence
{
    private readonly Dictionary<uint, List<TranslationBlock>> _blocks = [];
    private int _nextRegion;

    public int Protects { get; private set; }
    public int CodeWrites { get; private set; }

    /// <summary>Run within asks: what a vCPU that waits for an answer may have to serve meanwhile.</summary>
    public Action<RamPage>? WhileProtecting { get; set; }
    public Action<RamPage>? WhileWriting { get; set; }

    public void Protect(RamPage page)
    {
        Protects++;
        WhileProtecting?.Invoke(page);
        var stores = cpu.Ports.Stores;
        if (!stores.BeginCode(page).IsNone) cpu.Tlb.RevokeWrite(page);
        stores.Pages.SetFlags(page, PageFlags.Protected);
    }

    public LinkOutcome Link(TranslationBlock tb, PageVersions versions, out TranslationBlock? existing)
    {
        if (cache.Hash.Find(tb.Key) is { Checks.Length: > 0 } old && !old.Source.AsSpan().SequenceEqual(tb.Source)) Kill(old);
        existing = cache.Hash.Find(tb.Key);
        if (existing is not null) return LinkOutcome.Existing;
        cache.Hash.Add(tb);
        foreach (var page in PagesOf(tb)) ListOf(page).Add(tb);
        return LinkOutcome.Linked;
    }

    public void CodeWrite(RamOffset start, int length)
    {
        CodeWrites++;
        WhileWriting?.Invoke(start.Page);
        foreach (var tb in ListOf(start.Page).Where(tb => Overlaps(tb, start, length)).ToArray()) Kill(tb);
    }

    public CodeRegion NextRegion(CodeRegion? full) => cache.Buffer!.Regions[_nextRegion++];

    private void Kill(TranslationBlock tb)
    {
        cache.Hash.Remove(tb);
        cache.Jumps.Kill(tb);
        foreach (var page in PagesOf(tb)) ListOf(page).Remove(tb);
    }

    private List<TranslationBlock> ListOf(RamPage page)
    {
        if (!_blocks.TryGetValue(page.Index, out var list)) _blocks.Add(page.Index, list = []);
        return list;
    }

    private static IEnumerable<RamPage> PagesOf(TranslationBlock tb) => tb.Page1.IsNone ? [tb.Page0] : [tb.Page0, tb.Page1];

    private static bool Overlaps(TranslationBlock tb, RamOffset start, int length)
    {
        var first = tb.Key.PhysicalPc.Value;
        var onFirst = Math.Min(tb.GuestBytes, PageSize.Bytes - (int)(first & ~PageSize.Mask));
        if (start.Page == tb.Page0) return start.Value < first + (ulong)onFirst && first < start.Value + (ulong)length;
        return start.Page == tb.Page1 && (start.Value & ~PageSize.Mask) < (ulong)(tb.GuestBytes - onFirst);
    }
}
