using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Host.X64;

internal enum LocKind : byte { None, Register, Memory, Immediate }

/// <summary>Where an IR operand is on the host: a register, host memory, or a constant.</summary>
internal readonly record struct Loc(LocKind Kind, Reg Register, int Displacement, ulong Value)
{
    public static readonly Loc None = default;

    public static Loc In(Reg register) => new(LocKind.Register, register, 0, 0);
    public static Loc Env(int offset) => new(LocKind.Memory, Homes.Environment, offset, 0);
    public static Loc At(Reg pointer, int displacement) => new(LocKind.Memory, pointer, displacement, 0);
    public static Loc Constant(ulong value) => new(LocKind.Immediate, Reg.None, 0, value);

    public bool IsRegister => Kind == LocKind.Register;
    public bool IsMemory => Kind == LocKind.Memory;
    public bool IsConstant => Kind == LocKind.Immediate;
    public bool IsNone => Kind == LocKind.None;

    public HostMem Memory => HostMem.At(Register, Displacement);

    /// <summary>The constant as a sign-extended 32-bit immediate of an operation of this size.</summary>
    public bool FitsImmediate(OpSize size, out int immediate)
    {
        immediate = size switch { OpSize.B8 => (sbyte)Value, OpSize.B16 => (short)Value, _ => (int)Value };
        return IsConstant && (size < OpSize.B64 || (ulong)(long)immediate == Value);
    }
}
