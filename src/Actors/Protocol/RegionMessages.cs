using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Actors.Protocol;

/// <summary>To the code-cache actor: a region to translate into. <paramref name="Full"/> is the sender's last one, given up by this.</summary>
public sealed record NextRegion(CodeRegion? Full);

public sealed record NextRegionReply(CodeRegion Region) : IVcpuReply;

/// <summary>From the code cache to the memory actor: kill TBs <paramref name="From"/> to <paramref name="From"/> + <paramref name="Count"/> of a region.</summary>
public sealed record RetireBlocks(CodeRegion Region, int From, int Count);

/// <summary>Those TBs are dead, unhashed and unlinked.</summary>
public sealed record RetireBlocksReply(CodeRegion Region, int Next);

/// <summary>To every vCPU: forget every address in a region (jump cache, last TB); its bytes will be overwritten.</summary>
public sealed record ForgetRegion(CodeRegion Region, long Ticket) : ICodeRequest;

/// <summary>To every vCPU, from the memory actor: TBs without a region died, and their descriptors will be reused; forget what is dead.</summary>
public sealed record ForgetDeadBlocks(long Ticket) : ICodeRequest;

/// <summary>Debugging: kill every TB that no vCPU is translating into, one full region after the other.</summary>
public sealed record FlushCode;
