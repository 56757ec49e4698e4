namespace Tcg.Mttcg.Translator.Ir;

public enum OperandKind : byte
{
    None,
    /// <summary>Guest general register 0..15, in encoding order (RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8..R15).</summary>
    Gpr,
    /// <summary>A value that lives inside one block.</summary>
    Temp,
    /// <summary>An entry of <see cref="IrBlock.Constants"/>.</summary>
    Constant,
}

/// <summary>What an IR operation reads or writes: kind in the top byte, number in the low 24 bits.</summary>
public readonly record struct Operand(uint Raw)
{
    public static readonly Operand None = default;

    public OperandKind Kind => (OperandKind)(Raw >> 24);
    public int Number => (int)(Raw & 0xffffff);
    public bool IsNone => Raw == 0;
    public bool IsGpr => Kind == OperandKind.Gpr;
    public bool IsTemp => Kind == OperandKind.Temp;
    public bool IsConstant => Kind == OperandKind.Constant;

    public static Operand Gpr(int number) => new(((uint)OperandKind.Gpr << 24) | (uint)number);
    public static Operand Temp(int number) => new(((uint)OperandKind.Temp << 24) | (uint)number);
    public static Operand Constant(int index) => new(((uint)OperandKind.Constant << 24) | (uint)index);

    public override string ToString() => Kind switch
    {
        OperandKind.None => "-",
        OperandKind.Gpr => GprNames[Number],
        OperandKind.Temp => $"t{Number}",
        _ => $"c{Number}",
    };

    private static readonly string[] GprNames =
        ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];
}

/// <summary>Operand width; the value is log2 of its bytes.</summary>
public enum OpSize : byte { B8, B16, B32, B64, B128 }

/// <summary>How a load widens what it read.</summary>
public enum Extension : byte { Zero, Sign }

/// <summary>x86 condition codes, by encoding (SDM 2 appendix B.1.4.7).</summary>
public enum Condition : byte { O, No, B, Ae, E, Ne, Be, A, S, Ns, P, Np, L, Ge, Le, G }

/// <summary>Read-modify-write operations on memory. The flags are those of the instruction of that name.</summary>
public enum RmwKind : byte { Add, Or, Adc, Sbb, And, Sub, Xor, Inc, Dec, Not, Neg, Xchg, Xadd, Bts, Btr, Btc }

/// <summary>Segment registers, by encoding; None: linear addresses equal offsets (flat or 64-bit mode without FS/GS).</summary>
public enum Segment : byte { Es, Cs, Ss, Ds, Fs, Gs, None = 255 }
