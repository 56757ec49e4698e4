namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>PUSHF, POPF, CLI and STI by mode (SDM 2B, 3B 21.2, 21.3).</summary>
internal static unsafe class FlagHelpers
{
    internal static readonly HelperRow[] Rows =
    [
        new(HelperId.Pushf, &Pushf),
        new(HelperId.Popf, &Popf),
        new(HelperId.Cli, &Cli),
        new(HelperId.Sti, &Sti),
    ];

    private const uint Popped16 = Eflag.Arithmetic | Eflag.Tf | Eflag.Df | Eflag.Nt;
    private const uint Popped32 = Popped16 | Eflag.Ac | Eflag.Id;

    private static ulong Pushf(Cpu cpu, ulong bytes, ulong b, ulong c)
    {
        var flags = cpu.Eflags & ~(Eflag.Vm | Eflag.Rf);
        if (!cpu.IsVirtual8086 || cpu.Iopl == 3) return flags;
        if (bytes != 2 || (cpu.State->Cr4 & Cr4.Vme) == 0)
        {
            cpu.Raise(ExceptionVector.GeneralProtection, 0);
            return 0;
        }
        return (flags & ~Eflag.If) | Eflag.IoplMask | ((flags & Eflag.Vif) != 0 ? Eflag.If : 0);
    }

    private static ulong Popf(Cpu cpu, ulong bytes, ulong image, ulong c)
    {
        var mask = bytes == 2 ? Popped16 : Popped32;
        var flags = (uint)image;
        if (cpu.IsVirtual8086 && cpu.Iopl < 3)
        {
            var conflict = (flags & Eflag.Tf) != 0 || ((flags & Eflag.If) != 0 && (cpu.State->SystemFlags & Eflag.Vip) != 0);
            if (bytes != 2 || (cpu.State->Cr4 & Cr4.Vme) == 0 || conflict)
            {
                cpu.Raise(ExceptionVector.GeneralProtection, 0);
                return 0;
            }
            flags = (flags & 0xffff) | ((flags & Eflag.If) != 0 ? Eflag.Vif : 0);
            mask |= Eflag.Vif;
        }
        else
        {
            if (cpu.Cpl <= cpu.Iopl || !cpu.IsProtected) mask |= Eflag.If;
            if (cpu.Cpl == 0) mask |= Eflag.IoplMask;
        }
        cpu.SetEflags(flags & ~Eflag.Rf, mask | Eflag.Rf);
        return 0;
    }

    private static ulong Cli(Cpu cpu, ulong a, ulong b, ulong c)
    {
        if (OwnsInterruptFlag(cpu)) cpu.State->SystemFlags &= ~Eflag.If;
        else if (OwnsVirtualFlag(cpu)) cpu.State->SystemFlags &= ~Eflag.Vif;
        else cpu.Raise(ExceptionVector.GeneralProtection, 0);
        return 0;
    }

    private static ulong Sti(Cpu cpu, ulong a, ulong b, ulong c)
    {
        ref var flags = ref cpu.State->SystemFlags;
        if (OwnsInterruptFlag(cpu))
        {
            if ((flags & Eflag.If) == 0) cpu.State->InterruptShadow = CpuState.ShadowOfSti;
            flags |= Eflag.If;
        }
        else if (OwnsVirtualFlag(cpu) && (flags & Eflag.Vip) == 0) flags |= Eflag.Vif;
        else cpu.Raise(ExceptionVector.GeneralProtection, 0);
        return 0;
    }

    private static bool OwnsInterruptFlag(Cpu cpu) => !cpu.IsProtected || cpu.Cpl <= cpu.Iopl;

    private static bool OwnsVirtualFlag(Cpu cpu) =>
        (cpu.State->Cr4 & (cpu.IsVirtual8086 ? Cr4.Vme : Cr4.Pvi)) != 0 && cpu.Cpl == 3;
}
