using System.Runtime.InteropServices;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Guest;
using Tcg.Mttcg.Translator.Host;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Passes;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.Oracle;

/// <summary>Lifts one instruction and runs it on a back end, with the arena's copy behind the TLB.</summary>
internal sealed unsafe class GuestRunner : IDisposable
{
    private readonly byte* _environment = (byte*)NativeMemory.AlignedAlloc(CpuLayout.Bytes, 4096);
    private readonly BlockLifter _lifter = new();
    private readonly PassPipeline _passes = new();
    private readonly IBackEnd _backEnd;
    private readonly Func<CodeRegion?> _region;
    private readonly Cpu _cpu;
    private TranslationBlock _tb = null!;

    public GuestRunner(Arena arena, IBackEnd backEnd, Func<CodeRegion?> region)
    {
        _backEnd = backEnd;
        _region = region;
        NativeMemory.Clear(_environment, CpuLayout.Bytes);
        _cpu = new Cpu(_environment, null!);
        for (var view = 0; view < TlbLayout.MmuIndexes; view++) MapArena((MmuIndex)view, arena);
    }

    public IrBlock Block { get; } = new();

    public void SetInstruction(byte[] bytes, bool optimise)
    {
        var context = new TbContext(NativeRunner.Slot, 0, Guest.Lifted.Flat64, (TbCompileFlags)1);
        Assert.Equal(LiftOutcome.Lifted, _lifter.Lift(Block, context, new Guest.CodePages(bytes)));
        if (IrVerifier.Check(Block) is { } problem) Assert.Fail($"{problem}\n{IrText.Print(Block)}");
        if (optimise) _passes.Run(Block);
        _tb = new TranslationBlock(1, new TbKey(new RamOffset(0), context));
        Assert.Equal(EmitResult.Emitted, _backEnd.Emit(Block, _tb, _region()));
    }

    public TbExitReason Run(ref Registers registers, out ulong rip)
    {
        var state = _cpu.State;
        for (var index = 0; index < 16; index++) state->Gpr[index] = registers.Gpr[index];
        for (var index = 0; index < 16; index++) Copy(registers, index, state);
        state->FlagsLow = (byte)((registers.Flags & 0xd5) | 2);
        state->FlagOverflow = (byte)((registers.Flags >> 11) & 1);
        state->SystemFlags = 0x202 | ((uint)registers.Flags & 0x400);
        state->MxCsr = (uint)registers.MxCsr;
        state->HostMxCsr = state->MxCsr;

        var exit = _backEnd.Execute(_cpu, _tb);
        if (exit.Reason == TbExitReason.Failure) throw _cpu.Failure!;

        for (var index = 0; index < 16; index++) registers.Gpr[index] = state->Gpr[index];
        fixed (byte* vector = registers.Vector)
        {
            for (var index = 0; index < 16; index++) Buffer.MemoryCopy(state->Vector + index * CpuState.VectorStride, vector + index * 16, 16, 16);
        }
        registers.Flags = (state->FlagsLow & 0xd5u) | ((uint)state->FlagOverflow << 11) | (state->SystemFlags & 0x400);
        registers.MxCsr = state->MxCsr | (state->HostMxCsr & 0x3f);
        rip = state->Rip;
        return exit.Reason;
    }

    public void Dispose()
    {
        _backEnd.Dispose();
        _cpu.Dispose();
        NativeMemory.AlignedFree(_environment);
    }

    private static void Copy(in Registers registers, int index, CpuState* state)
    {
        fixed (byte* vector = registers.Vector) Buffer.MemoryCopy(vector + index * 16, state->Vector + index * CpuState.VectorStride, 16, 16);
    }

    private void MapArena(MmuIndex view, Arena arena)
    {
        _cpu.State->TlbMask[(int)view] = TlbLayout.MaskFor(TlbLayout.MinEntriesShift);
        var table = (TlbEntry*)(_environment + CpuLayout.TlbTableOffset(view));
        for (var index = 0; index < 1 << TlbLayout.MinEntriesShift; index++)
        {
            var page = Arena.Address + ((ulong)index << PageSize.Shift);
            var mapped = index < Arena.Bytes >> PageSize.Shift;
            var tag = mapped ? page : (page ^ (ulong)PageSize.Bytes) | (ulong)TlbFlags.Invalid;
            table[index] = new TlbEntry { ReadTag = tag, WriteTag = tag, CodeTag = tag, HostPage = mapped ? (ulong)(arena.Guest + ((ulong)index << PageSize.Shift)) : 0 };
        }
    }
}
