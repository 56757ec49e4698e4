using Iced.Intel;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>AVX2 shifts with a count for each element; a count beyond the element empties it, or fills it with the sign.</summary>
internal static unsafe class SimdVariableShift
{
    public static readonly SimdRow[] Rows =
    [
        new(Mnemonic.Vpsllvd, &Vpsllvd),
        new(Mnemonic.Vpsllvq, &Vpsllvq),
        new(Mnemonic.Vpsrlvd, &Vpsrlvd),
        new(Mnemonic.Vpsrlvq, &Vpsrlvq),
        new(Mnemonic.Vpsravd, &Vpsravd),
    ];

    private static void Vpsllvd(ref SimdOperands o) => o.Map<uint>(&Left);
    private static void Vpsllvq(ref SimdOperands o) => o.Map<ulong>(&Left);
    private static void Vpsrlvd(ref SimdOperands o) => o.Map<uint>(&Right);
    private static void Vpsrlvq(ref SimdOperands o) => o.Map<ulong>(&Right);
    private static void Vpsravd(ref SimdOperands o) => o.Map<uint>(&Arithmetic);

    private static uint Left(uint value, uint count) => count < 32 ? value << (int)count : 0;
    private static ulong Left(ulong value, ulong count) => count < 64 ? value << (int)count : 0;
    private static uint Right(uint value, uint count) => count < 32 ? value >> (int)count : 0;
    private static ulong Right(ulong value, ulong count) => count < 64 ? value >> (int)count : 0;
    private static uint Arithmetic(uint value, uint count) => (uint)((int)value >> (int)Math.Min(count, 31));
}
