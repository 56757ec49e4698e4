using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Pages;

namespace Tcg.Mttcg.Actors.Tests.Coherence;

// Dirty bitmaps: the real ones.
public sealed partial class FakePages
{
    public DirtyBitmaps Dirty { get; } = new(new RamPage(64));

    /// <summary>The bits are left for <see cref="DirtyWorld"/> to take when the flush is over: a fault on purpose.</summary>
    public bool LeavesDirty { get; set; }

    public int ReadAndClearDirty(DirtyClient client, RamPage first, int count, Span<ulong> bits)
    {
        interpose();
        return LeavesDirty ? 0 : Dirty.ReadAndClear(client, first, count, bits);
    }
}
