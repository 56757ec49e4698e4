using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Actors.Coherence;

/// <summary>
/// The memory actor's logic: page lists, bitmaps, protection and the linking of TBs. A single-threaded state machine without actors: requests
/// and answers go in by its methods, replies and posts come out through <see cref="IPeers"/>. It never waits.
/// <para>This file: protection of pages. Beside it: linking, writes, bytes that change often, flushes.</para>
/// </summary>
public sealed partial class CodeCoherence(
    CoherenceOptions options, ICodePages pages, ICodeBlocks blocks, IPeers peers, CoherenceCounters? counters = null)
{
    private readonly Dictionary<uint, CodePage> _pages = [];
    private readonly GracePeriods _grace = new(peers);

    public CoherenceCounters Counters { get; } = counters ?? new();

    /// <summary>Requests whose answer waits for some vCPU.</summary>
    public int PendingWaits => _grace.Pending;

    /// <summary>Pages that hold code or are protected for it.</summary>
    public int CodePages => _pages.Count;

    /// <summary>
    /// Sequence (a), step 2. HasCode is set first and fenced: a fill for write looks for it and notes its vCPU in one step, so either the fill
    /// sees code (and gets no fast entry), or this sees the writer (and revokes).
    /// </summary>
    public void Protect(object asker, RamPage page)
    {
        Counters.Protects++;
        var code = GetOrAdd(page);
        if (code.IsProtected)
        {
            peers.Reply(asker, new ProtectReply(page));
            return;
        }
        if (code.Waiting is { } waiting)
        {
            waiting.Add(asker);
            return;
        }
        code.Waiting = [asker];
        pages.PublishBitmap(page, code.Bitmap);
        pages.SetHasCode(page);
        pages.Fence();
        var writers = pages.Writers(page);
        if (writers.IsNone)
        {
            Protected(code);
            return;
        }
        Counters.Broadcasts++;
        _grace.Begin(ticket => new RevokeWrite(page, ticket), writers, () => Protected(code));
        (Counters.GracePeriods, Counters.AcksAwaited) = (_grace.Begun, _grace.AcksAwaited);
    }

    /// <summary>A vCPU served a request of this owner.</summary>
    public void Served(long ticket, int cpu) => _grace.Served(ticket, cpu);

    private void Protected(CodePage code)
    {
        pages.SetProtected(code.Page);
        code.IsProtected = true;
        var waiting = code.Waiting!;
        code.Waiting = null;
        var reply = new ProtectReply(code.Page);
        foreach (var asker in waiting) peers.Reply(asker, reply);
    }

    /// <summary>
    /// The version moves after the flags are gone. A translator reads the version before it looks at Protected: if it still found the page
    /// protected, its version is older than this, and its link is refused, even if the page is protected again by then.
    /// </summary>
    private void Unprotect(CodePage code)
    {
        Counters.Unprotects++;
        _pages.Remove(code.Page.Index);
        if (code.Checked is not null) pages.PublishChecked(code.Page, null);
        pages.ClearCode(code.Page);
        pages.PublishBitmap(code.Page, null);
        pages.Fence();
        pages.BumpVersion(code.Page);
    }

    private CodePage GetOrAdd(RamPage page)
    {
        if (_pages.TryGetValue(page.Index, out var code)) return code;
        code = new CodePage(page);
        _pages.Add(page.Index, code);
        return code;
    }

    private CodePage? Find(RamPage page) => page.IsNone ? null : _pages.GetValueOrDefault(page.Index);
}
