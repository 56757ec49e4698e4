using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Segment and table registers, and the instructions that ask about selectors.</summary>
internal static unsafe class SegmentHelpers
{
    internal static readonly HelperRow[] Rows =
    [
        new(HelperId.LoadSegment, &LoadSegment),
        new(HelperId.WriteSegmentBase, &WriteSegmentBase),
        new(HelperId.Lgdt, &Lgdt),
        new(HelperId.Lidt, &Lidt),
        new(HelperId.Lldt, &Lldt),
        new(HelperId.Ltr, &Ltr),
        new(HelperId.Lar, &Lar),
        new(HelperId.Lsl, &Lsl),
        new(HelperId.Verr, &Verr),
        new(HelperId.Verw, &Verw),
        new(HelperId.Arpl, &Arpl),
        new(HelperId.SwapGs, &SwapGs),
    ];

    private static ulong LoadSegment(Cpu cpu, ulong segment, ulong selector, ulong c)
    {
        var which = (Segment)segment;
        if (which == Segment.Cs) cpu.Raise(ExceptionVector.InvalidOpcode);
        else if (cpu.TryLoadSegment(which, (ushort)selector) && which == Segment.Ss) cpu.State->InterruptShadow = CpuState.ShadowOfStackLoad;
        return 0;
    }

    private static ulong WriteSegmentBase(Cpu cpu, ulong segment, ulong value, ulong c)
    {
        if (cpu.IsCanonical(value)) cpu.SegmentOf((Segment)segment).Base = value;
        else cpu.Raise(ExceptionVector.GeneralProtection, 0);
        return 0;
    }

    private static ulong Lgdt(Cpu cpu, ulong limit, ulong address, ulong c)
    {
        if (!TryTable(cpu, address)) return 0;
        cpu.State->GdtLimit = (ushort)limit;
        cpu.State->GdtBase = address;
        return 0;
    }

    private static ulong Lidt(Cpu cpu, ulong limit, ulong address, ulong c)
    {
        if (!TryTable(cpu, address)) return 0;
        cpu.State->IdtLimit = (ushort)limit;
        cpu.State->IdtBase = address;
        return 0;
    }

    private static bool TryTable(Cpu cpu, ulong address) =>
        cpu.RequireKernel() && (cpu.IsCanonical(address) || cpu.Fail(ExceptionVector.GeneralProtection, 0));

    private static ulong Lldt(Cpu cpu, ulong selector, ulong b, ulong c)
    {
        if (cpu.RequireKernel()) cpu.TryLoadLdt((ushort)selector);
        return 0;
    }

    private static ulong Ltr(Cpu cpu, ulong selector, ulong b, ulong c)
    {
        if (cpu.RequireKernel()) cpu.TryLoadTaskRegister((ushort)selector);
        return 0;
    }

    private static ulong Lar(Cpu cpu, ulong selector, ulong b, ulong c)
    {
        var visible = cpu.TryInspect((ushort)selector, SelectorUse.AccessRights, out var descriptor);
        return visible ? descriptor.Raw >> 32 & 0x00ffff00 : 0;
    }

    private static ulong Lsl(Cpu cpu, ulong selector, ulong b, ulong c)
    {
        var visible = cpu.TryInspect((ushort)selector, SelectorUse.Limit, out var descriptor);
        return visible ? descriptor.Limit : 0;
    }

    private static ulong Verr(Cpu cpu, ulong selector, ulong b, ulong c)
    {
        cpu.TryInspect((ushort)selector, SelectorUse.Read, out _);
        return 0;
    }

    private static ulong Verw(Cpu cpu, ulong selector, ulong b, ulong c)
    {
        cpu.TryInspect((ushort)selector, SelectorUse.Write, out _);
        return 0;
    }

    private static ulong Arpl(Cpu cpu, ulong destination, ulong source, ulong c)
    {
        var raise = (destination & 3) < (source & 3);
        cpu.ZeroFlag = raise;
        return raise ? (destination & ~3UL) | (source & 3) : destination;
    }

    private static ulong SwapGs(Cpu cpu, ulong a, ulong b, ulong c)
    {
        cpu.SwapGs();
        return 0;
    }
}
