using Iced.Intel;
using Tcg.Mttcg.Translator.Host.Interpreter.Float;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>SSE4.1 rounding to integral values.</summary>
internal static unsafe class SimdRounding
{
    public static readonly SimdRow[] Rows =
    [
        new(Mnemonic.Roundps, &Roundps),
        new(Mnemonic.Roundpd, &Roundpd),
        new(Mnemonic.Roundss, &Roundss),
        new(Mnemonic.Roundsd, &Roundsd),
    ];

    private static void Roundps(ref SimdOperands o) => Round(ref o, FloatFormat.Single, 4);
    private static void Roundpd(ref SimdOperands o) => Round(ref o, FloatFormat.Double, 2);
    private static void Roundss(ref SimdOperands o) => Round(ref o, FloatFormat.Single, 1);
    private static void Roundsd(ref SimdOperands o) => Round(ref o, FloatFormat.Double, 1);

    private static void Round(ref SimdOperands o, in FloatFormat format, int lanes)
    {
        for (var lane = 0; lane < lanes; lane++)
        {
            FloatLanes.Put(o.Dst, lane, format, FloatConvert.ToIntegral(FloatLanes.Get(o.Src, lane, format), o.Immediate, format, ref o.Float));
        }
    }
}
