namespace Tcg.Mttcg.Actors.Vcpu;

/// <summary>What a vCPU is certain not to be doing. Each kind includes the ones before it.</summary>
public enum Quiescence : byte
{
    /// <summary>Anything may be in flight.</summary>
    Running = 0,

    /// <summary>No TLB compare is waiting for its access: enough to revoke write access or flush TLBs.</summary>
    Access = 1,

    /// <summary>Nor is a return address into the code buffer on its stack: enough to reuse a code region or run an exclusive section.</summary>
    Code = 2,
}

/// <summary>
/// The published status word of one vCPU: quiescence and an epoch that grows with every change. Only the owner writes it.
/// <para>
/// The handshake. A requester <em>enqueues</em> its request, runs a full fence, then <em>reads</em> this word. The owner <em>writes</em> Running
/// (a locked exchange, hence a full fence), then <em>looks</em> at its lanes before it touches guest memory or translated code. Both orders
/// cannot fail at once: if the requester still read "quiescent", the owner's write comes after that read, so its look comes after the enqueue
/// and finds the request. Hence a vCPU seen quiescent need not be waited for: it serves the request before it can do harm.
/// The other way in is symmetric: the owner writes "quiescent", then looks at its lanes; a requester that still read Running enqueued before,
/// so the owner finds the request, serves it and tells so. Hence a vCPU seen running always answers.
/// </para>
/// </summary>
public sealed class VcpuStatus
{
    private const int StateBits = 2;

    // Far from its neighbours: read by every requester, written at every slice.
    private readonly long[] _word = new long[24];
    private const int Slot = 12;

    public Quiescence Current => (Quiescence)(Volatile.Read(ref _word[Slot]) & ((1 << StateBits) - 1));

    /// <summary>Number of changes so far. Two equal readings: the vCPU did not move in between.</summary>
    public long Epoch => Volatile.Read(ref _word[Slot]) >> StateBits;

    /// <summary>Owner only. Full fence on both sides.</summary>
    public void Publish(Quiescence quiescence)
    {
        ref var word = ref _word[Slot];
        Interlocked.Exchange(ref word, (((word >> StateBits) + 1) << StateBits) | (byte)quiescence);
    }

    /// <summary>For others, after they enqueued their request and ran a full fence.</summary>
    public bool IsAtLeast(Quiescence needed) => Current >= needed;
}
