using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Pages;
using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Actors.Coherence;

/// <summary>
/// What the owner of code coherence publishes about RAM pages and reads of their writers. Only <see cref="BumpVersion"/>, writers and fills
/// happen on other threads; every member is one access to shared memory, so that tests can let other vCPUs act between any two.
/// </summary>
public interface ICodePages
{
    /// <summary>Publishes which bytes a store must ask about: one bit a byte, 64 words; <see cref="SmcBitmaps.Everything"/>; or null for none.</summary>
    void PublishBitmap(RamPage page, ulong[]? bitmap);

    /// <summary>Publishes which bytes TBs must check themselves, in the same form; null: none.</summary>
    void PublishChecked(RamPage page, ulong[]? bytes);

    /// <summary>From now on a fill for write gets no fast entry. Followed by a full fence by the caller.</summary>
    void SetHasCode(RamPage page);

    /// <summary>
    /// Which vCPUs may hold a fast-write entry. Never fewer: a fill that stalls between noting itself and making its entry would, after the page was
    /// protected and unprotected again, hold a fast entry that nobody knows of.
    /// </summary>
    PageWriters Writers(RamPage page);

    /// <summary>Readers of the page's bytes need not ask any more.</summary>
    void SetProtected(RamPage page);

    /// <summary>Clears HasCode and Protected.</summary>
    void ClearCode(RamPage page);

    /// <summary>Stores begun on the slow path and not ended. Read before <see cref="Version"/>: a writer ends by version++, writers--.</summary>
    int WritersInFlight(RamPage page);

    ulong Version(RamPage page);

    /// <summary>RAM holds these bytes there now.</summary>
    bool Holds(RamPage page, int offset, ReadOnlySpan<byte> bytes);

    void BumpVersion(RamPage page);

    /// <summary>Takes and clears a client's dirty bits with full fences, and returns how many were set.</summary>
    int ReadAndClearDirty(DirtyClient client, RamPage first, int count, Span<ulong> bits);

    /// <summary>Full memory barrier.</summary>
    void Fence();
}

/// <summary>All linked TBs.</summary>
public interface ICodeBlocks
{
    TranslationBlock? Find(in TbKey key);

    /// <summary>Makes the block findable; none with its key may be.</summary>
    void Add(TranslationBlock block);

    /// <summary>Dead, unhashed, unlinked. False: it was dead already.</summary>
    bool Kill(TranslationBlock block);

    /// <summary>Gives back the descriptor of a dead block that no vCPU can name any more.</summary>
    void Release(TranslationBlock block);
}

/// <summary>The vCPUs and askers, as the pure parts of the protocol see them.</summary>
public interface IPeers
{
    int Cpus { get; }

    /// <summary>Enqueues a request for a vCPU, runs a full fence and kicks it if it runs. True: it was quiescent in the needed sense after that.</summary>
    bool Post(int cpu, IAccessRequest request);

    /// <inheritdoc cref="Post(int, IAccessRequest)"/>
    bool Post(int cpu, ICodeRequest request);

    /// <param name="asker">What the request came with.</param>
    void Reply(object asker, object reply);
}
