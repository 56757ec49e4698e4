using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Protocol;

/// <summary>To the memory actor: set or remove a breakpoint of the emulator's user. Answered when every vCPU heeds it.</summary>
public sealed record SetBreakpoint(GuestVirtual Address, bool IsSet) : IMemoryRequest;

/// <summary>To the memory actor: set or remove a watchpoint. Answered when no vCPU can access the bytes unseen.</summary>
public sealed record SetWatchpoint(Watchpoint Watchpoint, bool IsSet) : IMemoryRequest;

/// <summary>Every vCPU heeds the change, or will before its next instruction.</summary>
public sealed record DebugPointsReply
{
    public static readonly DebugPointsReply Instance = new();
}

/// <summary>To every vCPU, from the memory actor: what the debugger waits for from now on.</summary>
public sealed record HeedDebugPoints(DebugPoints Points, long Ticket) : ICodeRequest;

/// <summary>From a vCPU: it has met a point, and stands still until <see cref="ResumeVcpu"/>.</summary>
public sealed record VcpuStopped(DebugStop Stop);

/// <summary>To the machine actor: let one vCPU run one instruction while all stand still; hold nobody longer than that.</summary>
public sealed record StepMachine(int Cpu);

/// <param name="Stop">Where the vCPU stands now.</param>
public sealed record StepMachineReply(DebugStop Stop);

/// <summary>To a vCPU that stands still, as all others do: run one instruction, and stand still again.</summary>
public sealed record StepVcpu;

/// <summary>From a vCPU: the instruction is done, or nothing can run.</summary>
public sealed record VcpuStepped(DebugStop Stop);
