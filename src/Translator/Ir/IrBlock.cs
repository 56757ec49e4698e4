using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Ir;

/// <summary>
/// The IR of one translation block. Reused from block to block by its vCPU's translator: <see cref="Clear"/> keeps the arrays.
/// </summary>
public sealed class IrBlock
{
    private IrInstruction[] _instructions = new IrInstruction[256];
    private readonly Dictionary<ulong, int> _constantIndex = [];

    public int Count { get; private set; }
    public Span<IrInstruction> Instructions => _instructions.AsSpan(0, Count);
    public List<ulong> Constants { get; } = [];
    public List<IrAddress> Addresses { get; } = [];
    public List<IrSimd> Simd { get; } = [];
    public int Temps { get; private set; }
    public int Labels { get; private set; }

    /// <summary>What the block was translated for.</summary>
    public TbContext Context { get; set; }

    /// <summary>Guest bytes covered, from Context.Pc; at most two pages.</summary>
    public int GuestBytes { get; set; }
    public int GuestInstructions { get; set; }

    public void Clear()
    {
        Count = Temps = Labels = GuestBytes = GuestInstructions = 0;
        Constants.Clear();
        _constantIndex.Clear();
        Addresses.Clear();
        Simd.Clear();
    }

    public Operand NewTemp() => Operand.Temp(Temps++);

    public ulong NewLabel() => (ulong)Labels++;

    public Operand Constant(ulong value)
    {
        if (!_constantIndex.TryGetValue(value, out var index))
        {
            index = Constants.Count;
            Constants.Add(value);
            _constantIndex.Add(value, index);
        }
        return Operand.Constant(index);
    }

    public ulong ConstantValue(Operand operand) => Constants[operand.Number];

    public int Address(in IrAddress address)
    {
        Addresses.Add(address);
        return Addresses.Count - 1;
    }

    /// <summary>Appends and returns the new operation for filling in. Mem starts as -1.</summary>
    public ref IrInstruction Append(IrOp op)
    {
        if (Count == _instructions.Length) Array.Resize(ref _instructions, Count * 2);
        ref var instruction = ref _instructions[Count++];
        instruction = default;
        instruction.Op = op;
        instruction.Mem = -1;
        return ref instruction;
    }

    /// <summary>Drops operations after a pass compacted the array.</summary>
    public void Truncate(int count) => Count = count;

    /// <summary>An independent copy, for the interpreter back end, which keeps the IR as its "host code".</summary>
    public IrBlock Clone()
    {
        var copy = new IrBlock { Context = Context, GuestBytes = GuestBytes, GuestInstructions = GuestInstructions, Count = Count, Temps = Temps, Labels = Labels };
        copy._instructions = Instructions.ToArray();
        copy.Constants.AddRange(Constants);
        copy.Addresses.AddRange(Addresses);
        copy.Simd.AddRange(Simd);
        return copy;
    }
}
