using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.Interpreter;

/// <summary>
/// What a running block sees: operands, flags, guest state, and how to go on or leave. One a back end, reused from block to block.
/// </summary>
internal sealed unsafe class Frame : IDisposable
{
    private const int MinimumTemps = 256;

    // Values by operand kind, so that reading an operand is two loads without a branch. Kind None reads zero and writes a word nobody looks at.
    private readonly ulong** _values;
    private readonly ulong** _places;
    private ulong* _temps;
    private int _tempCount = MinimumTemps;

    public Frame()
    {
        _values = (ulong**)NativeMemory.AllocZeroed(10, (nuint)sizeof(ulong*));
        _places = _values + 4;
        _temps = (ulong*)NativeMemory.AllocZeroed(MinimumTemps, sizeof(ulong));
        _values[(int)OperandKind.None] = (ulong*)(_values + 8);
        _places[(int)OperandKind.None] = (ulong*)(_values + 9);
        _values[(int)OperandKind.Temp] = _places[(int)OperandKind.Temp] = _temps;
    }

    public Cpu Cpu { get; private set; } = null!;
    public CpuState* State { get; private set; }
    public IrBlock Block { get; private set; } = null!;
    public IrAddress* Addresses { get; private set; }

    /// <summary>Index of the operation to run next; past the end: leave for <see cref="Reason"/>.</summary>
    public int Next;

    public TbExitReason Reason { get; private set; }
    /// <summary>The block ended in a jump to code of the same processor state.</summary>
    public bool JumpedIndirectly { get; set; }

    public bool Left => Next == int.MaxValue;

    /// <summary>The pointers must stay pinned while the block runs.</summary>
    public void Begin(Cpu cpu, IrBlock block, ulong* constants, IrAddress* addresses)
    {
        Cpu = cpu;
        State = cpu.State;
        Block = block;
        Addresses = addresses;
        Next = 0;
        JumpedIndirectly = false;
        if (block.Temps > _tempCount) GrowTemps(block.Temps);
        _values[(int)OperandKind.Gpr] = _places[(int)OperandKind.Gpr] = State->Gpr;
        _values[(int)OperandKind.Constant] = constants;
    }

    public void Leave(TbExitReason reason)
    {
        Reason = reason;
        Next = int.MaxValue;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Read(Operand operand) => _values[operand.Raw >> 24][operand.Raw & 0xffffff];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Read(Operand operand, OpSize size) => Read(operand) & Width.Mask(size);

    /// <summary>64 bits replace, 32 zero-extend, 16 and 8 merge.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(Operand operand, OpSize size, ulong value)
    {
        ref var place = ref _places[operand.Raw >> 24][operand.Raw & 0xffffff];
        if (size >= OpSize.B32) place = value & Width.Mask(size);
        else place = (place & ~Width.Mask(size)) | (value & Width.Mask(size));
    }

    /// <summary>Runs a helper. Afterwards <see cref="Left"/> says whether it faulted or wants the block left; its result then counts for nothing.</summary>
    public ulong Call(HelperId id, ulong a, ulong b, ulong c)
    {
        State->HostReturn = 0;
        State->HelperCalls++;
        var result = HelperTable.Call(Cpu, id, a, b, c);
        if (State->HelperExit != 0)
        {
            Leave((TbExitReason)(byte)(State->HelperExit - 1));
            State->HelperExit = 0;
        }
        return result;
    }

    /// <param name="errorCode">Null: the exception pushes none.</param>
    public void Raise(int vector, uint? errorCode) => Call(HelperId.RaiseException, (ulong)vector, errorCode ?? 0, errorCode is null ? 0ul : 1);

    public void Dispose()
    {
        if (_temps == null) return;
        NativeMemory.Free(_temps);
        NativeMemory.Free(_values);
        _temps = null;
    }

    private void GrowTemps(int count)
    {
        _tempCount = Math.Max(count, _tempCount * 2);
        _temps = (ulong*)NativeMemory.Realloc(_temps, (nuint)_tempCount * sizeof(ulong));
        _values[(int)OperandKind.Temp] = _places[(int)OperandKind.Temp] = _temps;
    }
}
