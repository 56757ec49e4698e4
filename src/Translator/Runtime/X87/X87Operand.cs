namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>What an x87 instruction with a memory operand does with it (SDM 1 8.3, SDM 2 appendix B.17).</summary>
internal readonly record struct X87Operand(byte Bytes, bool Stores)
{
    private static readonly X87Operand None = default;

    /// <summary>By escape (D8..DF) and the reg field of ModRM. None: no instruction, or one of the control instructions.</summary>
    private static readonly X87Operand[][] Table =
    [
        [R(4), R(4), R(4), R(4), R(4), R(4), R(4), R(4)],
        [R(4), None, W(4), W(4), None, None, None, None],
        [R(4), R(4), R(4), R(4), R(4), R(4), R(4), R(4)],
        [R(4), W(4), W(4), W(4), None, R(10), None, W(10)],
        [R(8), R(8), R(8), R(8), R(8), R(8), R(8), R(8)],
        [R(8), W(8), W(8), W(8), None, None, None, None],
        [R(2), R(2), R(2), R(2), R(2), R(2), R(2), R(2)],
        [R(2), W(2), W(2), W(2), R(10), R(8), W(10), W(8)],
    ];

    public static X87Operand Of(int escape, int reg) => Table[escape][reg];

    private static X87Operand R(byte bytes) => new(bytes, false);

    private static X87Operand W(byte bytes) => new(bytes, true);
}
