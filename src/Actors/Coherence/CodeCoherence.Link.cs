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
    /// </summary>
    public void Link(object asker, TranslationBlock block, PageVersions versions)
    {
        if (blocks.Find(block.Key) is { } existing)
        {
            if (existing.Page1 == block.Page1)
            {
                Counters.Existing++;
                peers.Reply(asker, new LinkReply(LinkOutcome.Existing, existing));
                return;
            }
            // The same start, but the second page is mapped elsewhere now: the newer mapping wins.
            Kill(existing);
        }
        var first = Find(block.Page0);
        var second = block.Page1 == block.Page0 ? null : Find(block.Page1);
        if (first is not { IsProtected: true } || (second is not { IsProtected: true } && !block.Page1.IsNone && block.Page1 != block.Page0))
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

        if (IsUnchanged(block.Page0, versions.First) && (block.Page1.IsNone || IsUnchanged(block.Page1, versions.Second)))
        {
            Counters.Linked++;
            blocks.Add(block);
            peers.Reply(asker, LinkReply.Linked);
            return;
        }
        Withdraw(first, block, oldFirst);
        if (second is not null) Withdraw(second, block, oldSecond!);
        peers.Reply(asker, LinkReply.Stale);
    }

    private bool IsUnchanged(RamPage page, ulong version)
    {
        if (pages.WritersInFlight(page) != 0)
        {
            Counters.StaleWriter++;
            return false;
        }
        if (pages.Version(page) != version)
        {
            Counters.StaleVersion++;
            return false;
        }
        return true;
    }

    private void Enlist(CodePage code, TranslationBlock block)
    {
        code.Blocks.Add(block);
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
