namespace Tcg.Mttcg.Translator.Ir;

/// <summary>The six arithmetic flags at their EFLAGS bit positions.</summary>
[Flags]
public enum ArithmeticFlags : ushort
{
    None = 0,
    CF = 1 << 0,
    PF = 1 << 2,
    AF = 1 << 4,
    ZF = 1 << 6,
    SF = 1 << 7,
    OF = 1 << 11,
    All = CF | PF | AF | ZF | SF | OF,
    AllButCarry = All & ~CF,
}

[Flags]
public enum OpTraits : ushort
{
    None = 0,
    /// <summary>Depends on its operands only and may be removed when its results are dead.</summary>
    Pure = 1,
    Commutes = 2,
    /// <summary>May leave the block with a guest exception: guest state must be exact here.</summary>
    Faults = 4,
    EndsBlock = 8,
    /// <summary>Label or branch inside the block.</summary>
    Structure = 16,
    /// <summary>Uses <see cref="IrInstruction.Mem"/>.</summary>
    HasMemory = 32,
    /// <summary>The destination's old value matters.</summary>
    ReadsDst = 64,
    /// <summary>A count of zero leaves all flags: with SetsFlags the old flags are read too, unless the count is a non-zero constant.</summary>
    CountDecides = 128,
    CallsHelper = 256,
}

/// <summary>What passes and back ends know of an operation.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class OpAttribute(int outputs, int inputs, OpTraits traits = OpTraits.None) : Attribute
{
    public int Outputs { get; } = outputs;
    public int Inputs { get; } = inputs;
    public OpTraits Traits { get; } = traits;

    /// <summary>Flags written when SetsFlags is on.</summary>
    public ArithmeticFlags Writes { get; init; }

    /// <summary>Flags read, whether or not SetsFlags is on (<see cref="IrOp.BrIf"/> and the like narrow it by their condition).</summary>
    public ArithmeticFlags Reads { get; init; }
}

/// <summary>The attributes of all operations, by operation.</summary>
public static class OpTable
{
    private static readonly OpAttribute[] Rows = Build();

    public static OpAttribute Of(IrOp op) => Rows[(int)op];

    private static OpAttribute[] Build()
    {
        var fields = typeof(IrOp).GetFields(System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.Static);
        var rows = new OpAttribute[fields.Length];
        foreach (var field in fields)
        {
            var attribute = (OpAttribute?)Attribute.GetCustomAttribute(field, typeof(OpAttribute));
            rows[(byte)field.GetValue(null)!] = attribute ?? throw new InvalidOperationException($"IrOp.{field.Name} has no [Op]");
        }
        return rows;
    }
}
