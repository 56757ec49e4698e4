namespace Tcg.Mttcg.Memory.Pages;

/// <summary>Tunables of pages that hold code.</summary>
public sealed record CodePageOptions
{
    /// <summary>
    /// Stores into a code page before a bitmap of its code bytes is built (QEMU's SMC_BITMAP_USE_THRESHOLD). Until then each store asks the
    /// memory actor. 0: the bitmap is there from the first TB on.
    /// </summary>
    public int BitmapUseThreshold { get; init; }

    /// <summary>Stores into a page whose last TB died before its protection is dropped, so that a page that is patched and run in turn keeps it.</summary>
    public int WritesBeforeUnprotect { get; init; } = 8;
}
