using Tcg.Mttcg.Machine.Boot;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Hosting;

/// <summary>Puts the boot processor where a boot protocol promised.</summary>
internal static unsafe class BootProcessor
{
    private static readonly Segment[] DataSegments = [Segment.Ds, Segment.Es, Segment.Ss, Segment.Fs, Segment.Gs];

    /// <param name="cpu">In its power-on state.</param>
    public static void Enter(Cpu cpu, BootState boot)
    {
        var state = cpu.State;
        var registers = new Span<ulong>(state->Gpr, 16);
        registers.Clear();
        registers[0] = boot.Rax;
        registers[1] = boot.Rcx;
        registers[2] = boot.Rdx;
        registers[3] = boot.Rbx;
        registers[4] = boot.Rsp;
        registers[5] = boot.Rbp;
        registers[6] = boot.Rsi;
        registers[7] = boot.Rdi;
        state->Rip = boot.Rip;
        state->Cr0 = boot.Cr0;
        state->Cr3 = boot.Cr3;
        state->Cr4 = boot.Cr4;
        state->Efer = boot.Efer;
        state->GdtBase = boot.GdtBase;
        state->GdtLimit = boot.GdtLimit;
        state->IdtBase = boot.IdtBase;
        state->IdtLimit = boot.IdtLimit;
        cpu.Eflags = boot.Rflags;
        Load(cpu, Segment.Cs, boot.Cs);
        foreach (var segment in DataSegments) Load(cpu, segment, boot.Data);
        cpu.InvalidateContext();
        cpu.FlushTlb();
    }

    private static void Load(Cpu cpu, Segment segment, BootSegment value) =>
        cpu.SetSegment(segment, value.Selector, value.Base, value.Limit, value.Attributes);
}
