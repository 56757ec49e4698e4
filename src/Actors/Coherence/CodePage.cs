using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Actors.Coherence;

/// <summary>The owner's private half of a page that holds code or is about to.</summary>
internal sealed class CodePage(RamPage page)
{
    public RamPage Page { get; } = page;

    /// <summary>Live TBs with bytes here.</summary>
    public List<TranslationBlock> Blocks { get; } = [];

    public bool IsProtected { get; set; }

    /// <summary>Who waits for the page to become protected; null: nobody.</summary>
    public List<object>? Waiting { get; set; }

    /// <summary>Stores that asked, since protection.</summary>
    public int Writes { get; set; }

    /// <summary>Stores that asked while no TB was here.</summary>
    public int IdleWrites { get; set; }

    /// <summary>What is published.</summary>
    public ulong[] Bitmap { get; set; } = SmcBitmaps.Everything;

    public bool HasExactBitmap => Bitmap != SmcBitmaps.Everything;

    /// <summary>For each <see cref="CodeCoherence.GroupBytes"/> bytes, how many short stores to them killed a TB; null: none yet.</summary>
    public byte[]? Kills { get; set; }

    /// <summary>The bytes that TBs made from now on check themselves, as published; null: none.</summary>
    public ulong[]? Checked { get; set; }

    /// <summary>A TB was linked since the last store that asked.</summary>
    public bool LinkedSinceStore { get; set; }
}
