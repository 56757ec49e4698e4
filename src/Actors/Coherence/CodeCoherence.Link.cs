using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Coherence;

// Sequence (a), step 4.
public sealed partial class CodeCoherence
{
    /// <summary>
    /// Lists the TB, publishes old|new bitmaps, fences, and only then looks at writers and versions. A writer counts itself in flight (a full
    /// fence), then reads the bitmap: either it sees the new TB and asks, or it was counted before the fence and is seen here, in flight or
    /// as a newer version. Writers are read first: a writer that ends moves the version before it stops being counted.
    /// <para>
    /// A newer version may be a store beside the TB, on a page of code and hot data. Once nobody was in flight after the fence, whoever stores to
    /// the TB's bytes asks first, and waits for this to end. So if RAM still holds the very bytes that were translated, it will until then.
    /// </para>
    /// </summary>
    public void Link(object asker, TranslationBlock block, PageVersions versions)
    {
        // The newer one wins where the second page is mapped elsewhere now, or bytes that the older one checks itself are others now.
        var existing = blocks.Find(block.Key);
        if (existing is not null && existing.Page1 == block.Page1 && (existing.Checks.Length == 0 || existing.Source.AsSpan().SequenceEqual(block.Source)))
        {
            Counters.Existing++;
            peers.Reply(asker, new LinkReply(LinkOutcome.Existing, existing));
            return;
        }
        if (block.Points != _points)
        {
            Counters.StalePoints++;
            peers.Reply(asker, LinkReply.Stale);
            return;
        }
        var first = Find(block.Page0);
        var second = block.Page1 == block.Page0 ? null : Find(block.Page1);
        if (first is not { IsProtected: true } || (second is not { IsProtected: true } && !block.Page1.IsNone && block.Page1 != block.Page0)
            || !KnowsChecks(first, block) || (second is not null && !KnowsChecks(second, block)))
        {
            Counters.StaleUnprotected++;
            peers.Reply(asker, LinkReply.Stale);
            return;
        }
        var oldFirst = first.Bitmap;
        var oldSecond = second?.Bitmap;
        Enlist(first, block);
        if (second is not null) Enlist(second, block);
        pages.Fence();

        if (IsUnchanged(block.Page0, versions.First, block) && (block.Page1.IsNone || IsUnchanged(block.Page1, versions.Second, block)))
        {
            Counters.Linked++;
            if (existing is not null) Kill(existing);
            blocks.Add(block);
            peers.Reply(asker, LinkReply.Linked);
            return;
        }
        Withdraw(first, block, oldFirst);
        if (second is not null) Withdraw(second, block, oldSecond!);
        peers.Reply(asker, LinkReply.Stale);
    }

    private bool IsUnchanged(RamPage page, ulong version, TranslationBlock block)
    {
        if (!WritersLeft(page))
        {
            Counters.StaleWriter++;
            return false;
        }
        if (pages.Version(page) == version) return true;
        if (HoldsSource(page, block))
        {
            Counters.SameBytes++;
            return true;
        }
        Counters.StaleVersion++;
        return false;
    }

    // A writer is in flight for some nanoseconds, unless it waits for this owner: a few looks, and no more.
    private bool WritersLeft(RamPage page)
    {
        for (var look = 0; look < options.WriterLooks; look++)
        {
            if (pages.WritersInFlight(page) == 0) return true;
            Thread.SpinWait(1);
        }
        return false;
    }

    private bool HoldsSource(RamPage page, TranslationBlock block)
    {
        if (block.Source.Length != block.GuestBytes) return false;
        var (first, second) = BlockBytes.In(block, page);
        var inFirst = Math.Min(block.GuestBytes, PageSize.Bytes - (int)(block.Key.PhysicalPc.Value & ~PageSize.Mask));
        return (first.Start == first.End || pages.Holds(page, first.Start, block.Source.AsSpan(0, inFirst)))
            && (second.Start == second.End || pages.Holds(page, second.Start, block.Source.AsSpan(inFirst)));
    }

    private void Enlist(CodePage code, TranslationBlock block)
    {
        code.Blocks.Add(block);
        code.LinkedSinceStore = true;
        if (code.HasExactBitmap) Publish(code, SmcBitmaps.Or(code.Bitmap, code.Page, block));
    }

    private void Withdraw(CodePage code, TranslationBlock block, ulong[] bitmap)
    {
        code.Blocks.Remove(block);
        if (code.Bitmap != bitmap) Publish(code, bitmap);
    }

    private void Publish(CodePage code, ulong[] bitmap)
    {
        code.Bitmap = bitmap;
        pages.PublishBitmap(code.Page, bitmap);
    }
}
