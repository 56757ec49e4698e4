using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.SelfTest.Fuzz;

/// <summary>Puts a processor into the state that a case begins with.</summary>
internal static unsafe class FuzzStart
{
    private const int YmmBytes = 32;
    private const ushort RealCode = 0x9b, RealData = 0x93, UserReal = 0xf3;

    public static void Apply(FuzzCase some, Cpu cpu)
    {
        cpu.Reset();
        var state = cpu.State;
        for (var index = 0; index < 16; index++) state->Gpr[index] = some.Bitness == 64 ? some.Registers[index] : (uint)some.Registers[index];
        some.Vectors.CopyTo(new Span<byte>(state->Vector, 16 * CpuState.VectorStride));
        // Behind a YMM register its slot is nobody's, and what becomes of it is nobody's business.
        for (var index = 0; index < 16; index++) new Span<byte>(state->Vector + index * CpuState.VectorStride + YmmBytes, CpuState.VectorStride - YmmBytes).Clear();
        for (var index = 0; index < 8; index++) some.Vectors.AsSpan(index * 64, 10).CopyTo(new Span<byte>(state->X87 + index * 16, 10));
        state->MxCsr = some.MxCsr;
        state->HostMxCsr = some.MxCsr & ~0x3fu | 0x1f80;
        state->X87Control = some.X87Control;
        state->FlagsLow = (byte)(some.Flags & 0xd5 | 2);
        state->FlagOverflow = (byte)(some.Flags >> 11 & 1);
        state->SystemFlags = some.Flags & ~(Eflag.Arithmetic | Eflag.Vm) & Eflag.Known | Eflag.Fixed | (some.Mode == FuzzMode.Virtual8086 ? Eflag.Vm : 0);
        Control(some, state);
        Tables(some, state);
        Segments(some, cpu);
        state->Xcr0 = Xcr0.X87 | Xcr0.Sse | (FuzzRun.HasAvx ? Xcr0.Avx : 0);
        cpu.FlushTlb();
        cpu.InvalidateContext();
    }

    private static void Control(FuzzCase some, CpuState* state)
    {
        var isLong = some.Mode >= FuzzMode.Compatibility;
        state->Cr0 = some.Cr0 | Cr0.Et | (some.Mode == FuzzMode.Real ? 0 : Cr0.Pe) | (some.Paging ? Cr0.Pg : 0);
        state->Cr4 = Cr4.OsFxsr | Cr4.OsXmmExcpt | Cr4.OsXsave | Cr4.Pse | (some.Pae ? Cr4.Pae : 0) | some.Cr4 & (Cr4.Vme | Cr4.Pvi | Cr4.Tsd | Cr4.De | Cr4.Pge | Cr4.FsGsBase | Cr4.Smep | Cr4.Smap | Cr4.Umip);
        state->Efer = Efer.Sce | Efer.Nxe | (isLong ? Efer.Lme | Efer.Lma : 0);
        state->Cr3 = (ulong)(isLong ? FuzzLayout.Pml4 : some.Pae ? FuzzLayout.PdptPae : FuzzLayout.Pd32);
        if (!isLong && some.Pae) state->PdPte[0] = FuzzLayout.Pd | 1;
        (state->Star, state->LStar, state->CStar) = ((ulong)FuzzLayout.CodeIndex(0, 32) * 8 << 32, FuzzLayout.Handlers, FuzzLayout.Handlers);
        (state->SysEnterCs, state->SysEnterEsp, state->SysEnterEip) = ((ulong)FuzzLayout.CodeIndex(0, 32) * 8, (ulong)FuzzLayout.StackTop(0), FuzzLayout.Handlers);
    }

    private static void Tables(FuzzCase some, CpuState* state)
    {
        var isLong = some.Mode >= FuzzMode.Compatibility;
        (state->GdtBase, state->GdtLimit) = (FuzzLayout.Gdt, FuzzLayout.GdtLimit);
        (state->IdtBase, state->IdtLimit) = some.Mode == FuzzMode.Real ? (0ul, 0x3ffu) : isLong ? ((ulong)FuzzLayout.Idt64, 0xfffu) : ((ulong)FuzzLayout.Idt32, 0x7ffu);
        var task = isLong ? FuzzLayout.Tss64 : FuzzLayout.Tss32;
        var index = isLong ? FuzzLayout.Tss64Index : FuzzLayout.Tss32Index;
        state->Tr = new SegmentRegister { Base = (ulong)task, Limit = FuzzLayout.TssLimit, Attributes = 0x8b, Selector = (ushort)(index * 8) };
        state->Ldtr = new SegmentRegister { Base = FuzzLayout.Ldt, Limit = 0xff, Attributes = 0x82, Selector = FuzzLayout.LdtIndex * 8 };
    }

    private static void Segments(FuzzCase some, Cpu cpu)
    {
        var state = cpu.State;
        if (some.Mode is FuzzMode.Real or FuzzMode.Virtual8086)
        {
            var (code, data) = some.Mode == FuzzMode.Real ? (RealCode, RealData) : (UserReal, UserReal);
            Real(cpu, Segment.Cs, FuzzLayout.Code, code);
            foreach (var segment in (Segment[])[Segment.Ds, Segment.Fs]) Real(cpu, segment, FuzzLayout.Data, data);
            Real(cpu, Segment.Es, FuzzLayout.Data + 0x800, data);
            Real(cpu, Segment.Gs, FuzzLayout.Handlers, data);
            Real(cpu, Segment.Ss, FuzzLayout.Stacks, data);
            state->Rip = (ulong)(some.CodeAt - FuzzLayout.Code);
            state->Gpr[4] = (state->Gpr[4] & ~0xffffUL) | FuzzLayout.StackBytes;
            return;
        }
        var level = some.Level;
        var wide = some.Bitness != 16;
        var limit = some.Bitness == 16 ? 0xffffu : uint.MaxValue;
        // The base keeps 16-bit offsets within reach.
        var start = some.Bitness == 16 ? (ulong)FuzzLayout.Code : 0;
        cpu.SetSegment(Segment.Cs, Selector(FuzzLayout.CodeIndex(level, some.Bitness), level), start, limit, FuzzLayout.Attributes(level, some.Bitness));
        foreach (var segment in (Segment[])[Segment.Ds, Segment.Es, Segment.Fs, Segment.Gs, Segment.Ss])
            cpu.SetSegment(segment, Selector(FuzzLayout.DataIndex(level, wide), level), 0, uint.MaxValue, (ushort)(FuzzLayout.DataAttributes(level, wide) | 0x8000));
        state->Rip = (ulong)some.CodeAt - start;
        state->Gpr[4] = (ulong)FuzzLayout.StackTop(level);
    }

    private static ushort Selector(int index, int level) => (ushort)(index * 8 | level);

    private static void Real(Cpu cpu, Segment segment, int start, ushort attributes) => cpu.SetSegment(segment, (ushort)(start >> 4), (ulong)start, 0xffff, attributes);
}
