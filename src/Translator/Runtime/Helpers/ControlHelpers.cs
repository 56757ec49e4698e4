using Tcg.Mttcg.Memory;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Control, debug and model-specific registers, translation caches, waiting.</summary>
internal static unsafe class ControlHelpers
{
    internal static readonly HelperRow[] Rows =
    [
        new(HelperId.ReadCr, &ReadCr),
        new(HelperId.WriteCr, &WriteCr),
        new(HelperId.ReadDr, &ReadDr),
        new(HelperId.WriteDr, &WriteDr),
        new(HelperId.Clts, &Clts),
        new(HelperId.Lmsw, &Lmsw),
        new(HelperId.Invlpg, &Invlpg),
        new(HelperId.Invpcid, &Invpcid),
        new(HelperId.Wbinvd, &Wbinvd),
        new(HelperId.Rdmsr, &Rdmsr),
        new(HelperId.Wrmsr, &Wrmsr),
        new(HelperId.Xgetbv, &Xgetbv),
        new(HelperId.Xsetbv, &Xsetbv),
        new(HelperId.Hlt, &Hlt),
    ];

    private static ulong ReadCr(Cpu cpu, ulong number, ulong b, ulong c)
    {
        if (!cpu.RequireKernel()) return 0;
        cpu.TryReadControl((int)number, out var value);
        return value;
    }

    private static ulong WriteCr(Cpu cpu, ulong number, ulong value, ulong c)
    {
        if (cpu.RequireKernel()) cpu.TryWriteControl((int)number, value);
        return 0;
    }

    private static ulong ReadDr(Cpu cpu, ulong number, ulong b, ulong c)
    {
        if (!cpu.RequireKernel()) return 0;
        cpu.TryReadDebug((int)number, out var value);
        return value;
    }

    private static ulong WriteDr(Cpu cpu, ulong number, ulong value, ulong c)
    {
        if (cpu.RequireKernel()) cpu.TryWriteDebug((int)number, value);
        return 0;
    }

    private static ulong Clts(Cpu cpu, ulong a, ulong b, ulong c)
    {
        if (cpu.RequireKernel()) cpu.ClearTaskSwitched();
        return 0;
    }

    private static ulong Lmsw(Cpu cpu, ulong value, ulong b, ulong c)
    {
        if (cpu.RequireKernel()) cpu.TryLoadMachineStatus(value);
        return 0;
    }

    // A non-canonical address is not an error (SDM 2A INVLPG).
    private static ulong Invlpg(Cpu cpu, ulong address, ulong b, ulong c)
    {
        if (cpu.RequireKernel()) cpu.FlushTlbPage(new GuestVirtual(address));
        return 0;
    }

    private static ulong Invpcid(Cpu cpu, ulong address, ulong type, ulong c)
    {
        if (cpu.RequireKernel() && cpu.TryRead(new GuestVirtual(address), 8, cpu.View, out var pcid)
            && cpu.TryRead(new GuestVirtual(address + 8), 8, cpu.View, out var linear)) cpu.TryInvalidatePcid(type, pcid, linear);
        return 0;
    }

    // There are no caches to write back.
    private static ulong Wbinvd(Cpu cpu, ulong a, ulong b, ulong c)
    {
        cpu.RequireKernel();
        return 0;
    }

    private static ulong Rdmsr(Cpu cpu, ulong a, ulong b, ulong c)
    {
        if (!cpu.RequireKernel()) return 0;
        if (cpu.TryReadMsr((uint)cpu.State->Gpr[1], out var value)) cpu.SetEdxEax(value);
        else cpu.Raise(ExceptionVector.GeneralProtection, 0);
        return 0;
    }

    private static ulong Wrmsr(Cpu cpu, ulong a, ulong b, ulong c)
    {
        if (cpu.RequireKernel() && !cpu.TryWriteMsr((uint)cpu.State->Gpr[1], cpu.EdxEax)) cpu.Raise(ExceptionVector.GeneralProtection, 0);
        return 0;
    }

    private static ulong Xgetbv(Cpu cpu, ulong a, ulong b, ulong c)
    {
        if ((cpu.State->Cr4 & Cr4.OsXsave) == 0) cpu.Raise(ExceptionVector.InvalidOpcode);
        else if ((uint)cpu.State->Gpr[1] == 0) cpu.SetEdxEax(cpu.State->Xcr0);
        else if ((uint)cpu.State->Gpr[1] == 1 && cpu.Model.Features.Has(CpuFeature.XGetBv1)) cpu.SetEdxEax(cpu.State->Xcr0 & SaveComponent.InUseMask(cpu));
        else cpu.Raise(ExceptionVector.GeneralProtection, 0);
        return 0;
    }

    private static ulong Xsetbv(Cpu cpu, ulong a, ulong b, ulong c)
    {
        if ((cpu.State->Cr4 & Cr4.OsXsave) == 0) cpu.Raise(ExceptionVector.InvalidOpcode);
        else if (!cpu.RequireKernel()) return 0;
        else if ((uint)cpu.State->Gpr[1] != 0) cpu.Raise(ExceptionVector.GeneralProtection, 0);
        else cpu.TryWriteXcr0(cpu.EdxEax);
        return 0;
    }

    private static ulong Hlt(Cpu cpu, ulong a, ulong b, ulong c)
    {
        if (cpu.RequireKernel()) cpu.State->Halted = 1;
        return 0;
    }
}
