using Tcg.Mttcg.Memory;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Why a vCPU stands still for a debugger.</summary>
public enum DebugStopKind : byte
{
    /// <summary>It has done the one instruction that it was asked to.</summary>
    Step,
    /// <summary>RIP is at a breakpoint; nothing of the instruction is done.</summary>
    Breakpoint,
    /// <summary>RIP is behind the instruction that met a watchpoint.</summary>
    Watchpoint,
}

/// <summary>A vCPU stands still for a debugger.</summary>
/// <param name="Rip">Where it goes on: RIP, without the base of CS.</param>
/// <param name="Address">Linear: of the next instruction, or with a watchpoint of the first byte of it that was accessed.</param>
/// <param name="Met">With <see cref="DebugStopKind.Watchpoint"/>: the one.</param>
public sealed record DebugStop(int Cpu, DebugStopKind Kind, ulong Rip, GuestVirtual Address, Watchpoint? Met = null);
