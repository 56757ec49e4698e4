using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Tlb;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>
/// MONITOR and MWAIT (SDM 2B). No store is watched: MONITOR keeps a copy of the line, MWAIT compares it and then rests for a bounded time, which the
/// architecture allows, as a wait may end for any reason. The lifter has checked CPL.
/// </summary>
internal static unsafe class MonitorHelpers
{
    internal static readonly HelperRow[] Rows =
    [
        new(HelperId.Monitor, &Monitor),
        new(HelperId.Mwait, &Mwait),
    ];

    // No extensions are announced, so ECX must be 0.
    private static ulong Monitor(Cpu cpu, ulong address, ulong b, ulong c)
    {
        if ((uint)cpu.State->Gpr[1] != 0) cpu.Raise(ExceptionVector.GeneralProtection, 0);
        else if (cpu.TryHit(new GuestVirtual(address), AccessKind.Read, cpu.View, out var hit)) cpu.Line.Arm(address, hit);
        return 0;
    }

    private static ulong Mwait(Cpu cpu, ulong a, ulong b, ulong c)
    {
        if ((uint)cpu.State->Gpr[1] == 0) return cpu.Line.TakeChange(cpu) ? 1u : 0;
        cpu.Raise(ExceptionVector.GeneralProtection, 0);
        return 0;
    }
}
