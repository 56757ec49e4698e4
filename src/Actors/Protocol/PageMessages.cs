using Tcg.Mttcg.Memory;

namespace Tcg.Mttcg.Actors.Protocol;

/// <summary>To the memory actor: let no store to this page go unseen any more. Sent before the page's bytes are read for translation.</summary>
public sealed record Protect(RamPage Page);

/// <summary>No vCPU holds a fast-write entry for the page, and none will get one.</summary>
public sealed record ProtectReply(RamPage Page) : IVcpuReply;

/// <summary>To every vCPU: drop the right to store to this page on the fast path.</summary>
public sealed record RevokeWrite(RamPage Page, long Ticket) : IAccessRequest;

/// <summary>To the memory actor: a store is about to change these bytes, within one page. Sent while the writer is counted in flight.</summary>
public sealed record CodeWrite(RamOffset Start, int Length);

/// <summary>Every TB over those bytes is dead, unhashed and unlinked.</summary>
public sealed record CodeWriteReply : IVcpuReply
{
    public static readonly CodeWriteReply Instance = new();
}

/// <summary>To the memory actor: a device changed these bytes (any length). Sent after the copy, before the guest hears of its completion.</summary>
public sealed record Invalidate(RamOffset Start, long Length);

/// <inheritdoc cref="CodeWriteReply"/>
public sealed record InvalidateReply : IVcpuReply
{
    public static readonly InvalidateReply Instance = new();
}
