using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Guest;
using Tcg.Mttcg.Translator.Host;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Passes;
using Tcg.Mttcg.Translator.Runtime;
using Tcg.Mttcg.SelfTest.Machines;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>Lifts instructions at <see cref="NativeRunner.Slot"/> as user code and runs them on a back end.</summary>
internal sealed unsafe class GuestRunner
{
    private const uint DirectionFlag = 0x400, InterruptsOn = 0x202;
    private const ushort UserCode64 = 0xa0fb, UserCode32 = 0xc0fb, UserCode16 = 0x00fb, UserData = 0xc0f3, UserData16 = 0x00f3;
    private const uint ShortLimit = 0xffff;
    private const ushort CodeSelector64 = 0x33, CodeSelector32 = 0x23, DataSelector = 0x2b;

    private const ulong AllVectorState = 7;

    private readonly TestMachine _machine;
    private readonly BlockLifter _lifter = new();
    private readonly PassPipeline _passes = new();
    private readonly OracleBackEnd _backEnd;
    private TranslationBlock _tb = null!;

    private readonly OracleMode _mode;

    public GuestRunner(TestMachine machine, OracleMode mode, OracleBackEnd backEnd)
    {
        _machine = machine;
        _mode = mode;
        _backEnd = backEnd;
        var limit = mode.Bitness == 16 ? ShortLimit : uint.MaxValue;
        var (selector, code) = mode.Bitness switch { 64 => (CodeSelector64, UserCode64), 32 => (CodeSelector32, UserCode32), _ => (CodeSelector32, UserCode16) };
        machine.Cpu.SetSegment(Segment.Cs, selector, mode.CodeBase, limit, code);
        machine.Cpu.SetSegment(Segment.Ss, DataSelector, 0, uint.MaxValue, UserData);
        foreach (var segment in (Segment[])[Segment.Ds, Segment.Es]) machine.Cpu.SetSegment(segment, DataSelector, mode.DataBase, limit, mode.Bitness == 16 ? UserData16 : UserData);
        machine.State->Cr4 |= Cr4.OsXsave;
        machine.State->Xcr0 = AllVectorState;
        machine.Cpu.FlushTlb();
        machine.Cpu.InvalidateContext();
    }

    public IrBlock Block { get; } = new();

    /// <summary>The block that is set.</summary>
    public TranslationBlock Translation => _tb;

    /// <summary>The host code; empty under the interpreter.</summary>
    public string Listing() => _backEnd.BackEnd.Listing(_tb) ?? "";

    /// <summary>The exception that ended the last run; -1: none.</summary>
    public int Vector { get; private set; }

    /// <param name="raises">Translated for an MXCSR that leaves some exception unmasked.</param>
    public void SetCode(byte[] bytes, int instructions, bool optimise, bool raises = false)
    {
        _machine.State->Rip = _mode.Start;
        var context = _machine.Cpu.ComputeContext() with { CompileFlags = (TbCompileFlags)instructions };
        if (raises) context = context with { Flags = context.Flags | TbFlags.SimdExceptions };
        if (_lifter.Lift(Block, context, new SlotCode(bytes)) != LiftOutcome.Lifted) throw new InvalidOperationException("not lifted");
        if (IrVerifier.Check(Block) is { } problem) throw new InvalidOperationException($"{problem}\n{IrText.Print(Block)}");
        if (optimise) _passes.Run(Block);
        _tb = new TranslationBlock(1, new TbKey(new RamOffset(0), context));
        var region = _backEnd.FreshRegion();
        if (_backEnd.BackEnd.Emit(Block, _tb, region) != EmitResult.Emitted) throw new InvalidOperationException("not emitted");
        region?.Append(_tb);
    }

    /// <summary>Runs the block, again while it goes to its own start (loops, repeated string instructions).</summary>
    public TbExitReason Run(ref Registers registers, out ulong rip)
    {
        var state = _machine.State;
        Load(registers, state);
        state->Rip = _mode.Start;
        _machine.Cpu.CodeBuffer = _backEnd.Buffer;
        TbExit exit;
        _machine.Cpu.Running = _tb;
        do exit = _backEnd.BackEnd.Execute(_machine.Cpu, _tb);
        while (exit.Reason <= TbExitReason.Lookup && state->Rip == _mode.Start);
        if (exit.Reason == TbExitReason.Failure) throw _machine.Cpu.Failure!;
        _machine.Cpu.Unwind();
        _machine.Cpu.Running = null;
        Vector = exit.Reason == TbExitReason.Exception ? _machine.Cpu.TakePending().Vector : -1;
        Store(state, ref registers);
        rip = state->Rip;
        return exit.Reason;
    }

    private static void Load(in Registers registers, CpuState* state)
    {
        for (var index = 0; index < 16; index++) state->Gpr[index] = registers.Gpr[index];
        fixed (byte* vector = registers.Vector)
        {
            for (var index = 0; index < 16; index++) Buffer.MemoryCopy(vector + index * Registers.VectorBytes, state->Vector + index * CpuState.VectorStride, Registers.VectorBytes, Registers.VectorBytes);
        }
        state->FlagsLow = (byte)((registers.Flags & 0xd5) | 2);
        state->FlagOverflow = (byte)((registers.Flags >> 11) & 1);
        state->SystemFlags = InterruptsOn | ((uint)registers.Flags & DirectionFlag);
        state->MxCsr = (uint)registers.MxCsr;
        state->HostMxCsr = (uint)registers.MxCsr | MxCsr.Masks;
        state->X87Control = registers.X87Control;
        state->X87Status = registers.X87Status;
        state->X87Tag = (byte)~registers.X87InUse;
        fixed (byte* st = registers.St)
        {
            for (var index = 0; index < 8; index++) Buffer.MemoryCopy(st + index * 16, state->X87 + ((registers.X87Top + index) & 7) * 16, 16, 16);
        }
    }

    private static void Store(CpuState* state, ref Registers registers)
    {
        for (var index = 0; index < 16; index++) registers.Gpr[index] = state->Gpr[index];
        fixed (byte* vector = registers.Vector)
        {
            for (var index = 0; index < 16; index++) Buffer.MemoryCopy(state->Vector + index * CpuState.VectorStride, vector + index * Registers.VectorBytes, Registers.VectorBytes, Registers.VectorBytes);
        }
        registers.Flags = (state->FlagsLow & 0xd5u) | ((uint)state->FlagOverflow << 11) | (state->SystemFlags & DirectionFlag);
        registers.MxCsr = state->MxCsr | (state->HostMxCsr & 0x3f);
        registers.X87Control = state->X87Control;
        registers.X87Status = state->X87Status;
        registers.X87InUse = (byte)~state->X87Tag;
        fixed (byte* st = registers.St)
        {
            for (var index = 0; index < 8; index++) Buffer.MemoryCopy(state->X87 + ((registers.X87Top + index) & 7) * 16, st + index * 16, 16, 16);
        }
    }

    private sealed class SlotCode(byte[] bytes) : ICodeFetch
    {
        private readonly byte[] _page = [.. bytes, .. new byte[PageSize.Bytes - (int)(NativeRunner.Slot & ~PageSize.Mask) - bytes.Length]];

        public ReadOnlySpan<byte> FirstPage => _page;

        public bool TrySecondPage(out ReadOnlySpan<byte> second)
        {
            second = default;
            return false;
        }
    }
}
