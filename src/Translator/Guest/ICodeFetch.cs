namespace Tcg.Mttcg.Translator.Guest;

/// <summary>
/// The guest bytes a translation may read. The first page is protected and resolved already; the second is resolved (and protected) only if an
/// instruction reaches into it.
/// </summary>
public unsafe interface ICodeFetch
{
    /// <summary>Bytes from the block's first instruction to the end of its page.</summary>
    ReadOnlySpan<byte> FirstPage { get; }

    /// <summary>The page after it. False: fetching there faults, so the block must end before; the fault is raised when that instruction comes first in a block.</summary>
    bool TrySecondPage(out ReadOnlySpan<byte> bytes);
}
