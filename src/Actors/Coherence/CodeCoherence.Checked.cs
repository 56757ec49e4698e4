using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Actors.Coherence;

/// <content>
/// Bytes that change again and again are not worth a message and a death each time: TBs made from them compare them with RAM when they are entered, and
/// their stores ask nobody. A TB says which of its bytes it checks (<see cref="TranslationBlock.Checks"/>); all others stay guarded, for it and for TBs
/// that were made before.
/// </content>
public sealed partial class CodeCoherence
{
    /// <summary>Bytes that are counted, and then checked, together.</summary>
    public const int GroupBytes = 8;

    // The longest store that patches code; longer ones lay new code, or data.
    private const int LongestPatch = 16;

    private void Patched(CodePage code, int offset, int length)
    {
        if (options.CheckAfterKills == 0 || length > LongestPatch) return;
        code.Kills ??= new byte[PageSize.Bytes / GroupBytes];
        ulong[]? map = null;
        for (var group = offset / GroupBytes; group <= (offset + length - 1) / GroupBytes; group++)
        {
            if (code.Kills[group] >= options.CheckAfterKills || ++code.Kills[group] < options.CheckAfterKills) continue;
            Counters.GroupsChecked++;
            map ??= code.Checked is { } old ? [.. old] : new ulong[SmcBitmaps.Words];
            SmcBitmaps.Set(map, new ByteSpan(group * GroupBytes, (group + 1) * GroupBytes));
        }
        if (map is null) return;
        code.Checked = map;
        pages.PublishChecked(code.Page, map);
    }

    /// <summary>Stores to this page ask only now and then, as its TBs check all their bytes, and none was made since the last one asked: it is data now.</summary>
    private static bool IsForgotten(CodePage code) =>
        code.Checked is not null && code.HasExactBitmap && !code.LinkedSinceStore && code.Blocks.Count != 0 && !code.Bitmap.AsSpan().ContainsAnyExcept(0UL);

    // The page may have been unprotected and protected again, and have forgotten what it was when the TB was made.
    private static bool KnowsChecks(CodePage code, TranslationBlock block)
    {
        foreach (var check in block.Checks)
        {
            var (first, second) = BlockBytes.In(block, code.Page, check.Start, check.End);
            if (!IsChecked(code, first) || !IsChecked(code, second)) return false;
        }
        return true;
    }

    private static bool IsChecked(CodePage code, ByteSpan span)
    {
        for (var i = span.Start; i < span.End; i++)
            if (!SmcBitmaps.Overlaps(code.Checked, i, 1)) return false;
        return true;
    }
}
