using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Translator.Runtime;

public enum LinkOutcome : byte
{
    Linked,
    /// <summary>Another vCPU linked a TB of the same key first: use that one.</summary>
    Existing,
    /// <summary>The bytes changed since they were read: translate again.</summary>
    Stale,
}

/// <summary>Versions of a TB's pages, read before its bytes were.</summary>
public readonly record struct PageVersions(ulong First, ulong Second);

/// <summary>
/// What a vCPU asks of the owners of code coherence, one instance a vCPU. Every call may block; while it does, the vCPU is access-quiescent and
/// serves invalidations of its own TLB: whatever was read from the TLB before a call must be read again after it.
/// </summary>
public interface ICodeCoherence
{
    /// <summary>Returns when no vCPU can store to the page unseen.</summary>
    void Protect(RamPage page);

    /// <summary>Makes a translated TB findable, or says why not. <paramref name="existing"/> is set with <see cref="LinkOutcome.Existing"/>.</summary>
    LinkOutcome Link(TranslationBlock tb, PageVersions versions, out TranslationBlock? existing);

    /// <summary>A store is about to change these bytes (within one page): returns when every TB over them is dead, unhashed and unlinked.</summary>
    void CodeWrite(RamOffset start, int length);

    /// <summary>A region to translate into. The caller is outside translated code.</summary>
    CodeRegion NextRegion(CodeRegion? full);
}
