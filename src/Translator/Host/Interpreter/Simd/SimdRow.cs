using Iced.Intel;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>How a routine gets the operands of a VEX encoding. Legacy encodings: one call, Dst the first operand and Src the second.</summary>
internal enum SimdShape : byte
{
    /// <summary>One call a 128-bit lane: <see cref="SimdOperands.Dst"/> is the first source of two, <see cref="SimdOperands.Src"/> the last.</summary>
    Lanes,

    /// <summary>As Lanes, but one count, in a register or an immediate, for all lanes.</summary>
    Shift,

    /// <summary>One call: elements cross from lane to lane.</summary>
    Whole,

    /// <summary>One call a lane of a fused multiply-add: Dst, <see cref="SimdOperands.Third"/> and Src are operands one, two and three.</summary>
    Fused,
}

/// <summary>One SIMD mnemonic and its routine.</summary>
internal readonly unsafe struct SimdRow(Mnemonic mnemonic, delegate*<ref SimdOperands, void> body, SimdShape shape = SimdShape.Lanes)
{
    public Mnemonic Mnemonic { get; } = mnemonic;
    public delegate*<ref SimdOperands, void> Body { get; } = body;
    public SimdShape Shape { get; } = shape;
}
