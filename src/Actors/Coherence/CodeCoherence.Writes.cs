using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Actors.Coherence;

// Sequences (b) to (e): what kills TBs.
public sealed partial class CodeCoherence
{
    /// <summary>A store within one page, about to happen by a writer that is counted in flight until it is done.</summary>
    public void CodeWrite(object asker, RamOffset start, int length)
    {
        Counters.CodeWrites++;
        if (Find(start.Page) is { } code) Written(code, start, length);
        peers.Reply(asker, CodeWriteReply.Instance);
    }

    /// <summary>A device's write that is done, of any length.</summary>
    public void Invalidate(object asker, RamOffset start, long length)
    {
        Counters.Invalidations++;
        if (length >> PageSize.Shift > _pages.Count) InvalidateKnown(start, length);
        else InvalidateEach(start, length);
        peers.Reply(asker, InvalidateReply.Instance);
    }

    private void InvalidateEach(RamOffset start, long length)
    {
        for (var done = 0L; done < length;)
        {
            var at = new RamOffset(start.Value + (ulong)done);
            var offset = (int)(at.Value & ~PageSize.Mask);
            var bytes = (int)Math.Min(length - done, PageSize.Bytes - offset);
            if (Find(at.Page) is { } code) Written(code, at, bytes);
            done += bytes;
        }
    }

    // A whole image was loaded: fewer pages hold code than were written.
    private void InvalidateKnown(RamOffset start, long length)
    {
        var end = start.Value + (ulong)length;
        foreach (var code in _pages.Values.ToArray())
        {
            var from = Math.Max(start.Value, code.Page.Start.Value);
            var to = Math.Min(end, code.Page.Start.Value + PageSize.Bytes);
            if (from < to) Written(code, new RamOffset(from), (int)(to - from));
        }
    }

    /// <summary>Kills a part of a region's TBs; the code cache asks for the next part, so that others are served in between.</summary>
    public void Retire(object asker, CodeRegion region, int from, int count)
    {
        var next = Math.Min(from + count, region.Blocks.Count);
        for (var i = from; i < next; i++) Kill(region.Blocks[i]);
        peers.Reply(asker, new RetireBlocksReply(region, next));
    }

    private void Written(CodePage code, RamOffset start, int length)
    {
        var offset = (int)(start.Value & ~PageSize.Mask);
        code.Writes++;
        if (KillOver(code, offset, offset + length)) Patched(code, offset, length);
        else if (IsForgotten(code)) KillOver(code, 0, PageSize.Bytes, guardedOnly: false);
        code.LinkedSinceStore = false;
        if (code.Blocks.Count != 0)
        {
            if (code.Writes >= options.BitmapAfterWrites) BuildBitmap(code);
            return;
        }
        if (code.Waiting is null && code.IsProtected && ++code.IdleWrites >= options.UnprotectAfterWrites) Unprotect(code);
    }

    // False: there was none. A TB that checks all of these bytes lives on.
    private bool KillOver(CodePage code, int start, int end, bool guardedOnly = true)
    {
        var killed = false;
        for (var i = code.Blocks.Count - 1; i >= 0; i--)
        {
            if (i >= code.Blocks.Count) continue;
            var block = code.Blocks[i];
            if (!(guardedOnly ? BlockBytes.Guards(block, code.Page, start, end) : BlockBytes.Overlaps(block, code.Page, start, end))) continue;
            Kill(block);
            killed = true;
        }
        return killed;
    }

    private void BuildBitmap(CodePage code)
    {
        Counters.BitmapsBuilt++;
        Publish(code, SmcBitmaps.Of(code.Page, code.Blocks));
    }

    private void Kill(TranslationBlock block)
    {
        if (!blocks.Kill(block)) return;
        Counters.BlocksKilled++;
        if (block.Region is null) Bury(block);
        Delist(Find(block.Page0), block);
        if (block.Page1 != block.Page0) Delist(Find(block.Page1), block);
    }

    private void Delist(CodePage? code, TranslationBlock block)
    {
        if (code is null || !code.Blocks.Remove(block) || code.Blocks.Count != 0) return;
        // The last one: every store asks again, so that its count can end the protection.
        code.IdleWrites = 0;
        if (code.HasExactBitmap) Publish(code, SmcBitmaps.Everything);
    }
}
