namespace Tcg.Mttcg.Actors.Protocol;

/// <summary>How much of a vCPU's soft TLB goes.</summary>
public enum TlbFlush : byte
{
    /// <summary>Every entry: the physical map changed under it.</summary>
    All,
    /// <summary>The fast-write rights of every entry: a dirty bitmap was cleared and wants to hear of the next store to each page.</summary>
    Writes,
}

/// <summary>To the memory actor: flush every vCPU's TLB and answer when no access that used the old entries is in flight.</summary>
public sealed record FlushTlbs(TlbFlush Flush);

/// <summary>Every vCPU has flushed, or will before its next access.</summary>
public sealed record FlushTlbsReply : IVcpuReply
{
    public static readonly FlushTlbsReply Instance = new();
}

/// <summary>To every vCPU, from the memory actor.</summary>
public sealed record FlushTlb(TlbFlush Flush, long Ticket) : IAccessRequest;
