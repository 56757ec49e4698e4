using Tcg.Mttcg.Actors.Vcpu;

namespace Tcg.Mttcg.Actors.Protocol;

/// <summary>To the machine actor: all parts are wired; let the vCPUs run.</summary>
public sealed record StartMachine;

/// <summary>To the machine actor, from outside: stop in order. The result says <see cref="Life.ExitReason.Stopped"/>.</summary>
public sealed record StopMachine;

/// <summary>To the machine actor: the guest switched the machine off.</summary>
public sealed record PowerOff;

/// <summary>To the machine actor: a device or a triple fault asks for a reset.</summary>
public sealed record Reset;

/// <summary>To the machine actor: the guest wrote to isa-debug-exit.</summary>
public sealed record DebugExit(uint Value);

/// <summary>To the machine actor: the guest's kernel has given up, or seems to have.</summary>
public sealed record GuestPanicked(bool IsCertain);

/// <summary>To the machine actor: a device or one of its threads failed.</summary>
public sealed record PartFailed(string Part, Exception Cause);

/// <summary>To the machine actor: run this while every vCPU stands still outside translated code; then answer.</summary>
public sealed record RunAlone(Action Work);

/// <param name="Failure">What the work threw; null: it is done.</param>
public sealed record RunAloneReply(Exception? Failure);

/// <summary>To the machine actor: hold all vCPUs until <see cref="ResumeMachine"/>. Holds add up.</summary>
public sealed record PauseMachine;

/// <summary>Every vCPU stands still.</summary>
public sealed record PauseMachineReply;

public sealed record ResumeMachine;

/// <summary>To a vCPU: run slices from now on.</summary>
public sealed record StartVcpu;

/// <summary>To a vCPU: stop its actor.</summary>
public sealed record StopVcpu;

/// <summary>To a vCPU: stand still outside translated code, and say so.</summary>
public sealed record PauseVcpu;

/// <summary>To a vCPU: go on.</summary>
public sealed record ResumeVcpu;

/// <summary>To a vCPU that stands still: power-on state of the processor.</summary>
public sealed record ResetVcpu;

/// <summary>To a vCPU that asked for it: all others stand still; run the one instruction.</summary>
public sealed record GrantExclusive;

/// <summary>To a vCPU that waits after <see cref="VcpuLeft"/>: nothing came of it, go on.</summary>
public sealed record LeaveAnswered;

/// <summary>From a vCPU: it stands still.</summary>
public sealed record VcpuPaused(int Cpu);

/// <summary>From a vCPU: its next instruction must run while the others stand still. It waits.</summary>
public sealed record ExclusiveRequested(int Cpu);

/// <summary>From a vCPU: the instruction is done.</summary>
public sealed record ExclusiveEnded(int Cpu);

/// <summary>From a vCPU: it halts with interrupts off, or waits for its start-up IPI.</summary>
public sealed record VcpuDeafened(int Cpu);

/// <summary>From a vCPU: triple fault. It waits.</summary>
public sealed record VcpuShutDown(int Cpu);

/// <summary>From a vCPU: its guest asked the machine to stop or reset, or it cannot go on before the machine actor has looked. It waits.</summary>
public sealed record VcpuLeft(int Cpu);

/// <summary>From a vCPU: an emulator failure. It waits.</summary>
public sealed record VcpuFailed(int Cpu, Exception Cause);

/// <summary>To the memory and code-cache actors, first of all: the vCPUs.</summary>
public sealed record MeetVcpus(IReadOnlyList<VcpuPeer> Vcpus);
