using Iced.Intel;
using Tcg.Mttcg.Translator.Host.Interpreter.Float;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>Conversions that keep the width of elements, and those of scalars.</summary>
internal static unsafe class SimdConvert
{
    public static readonly SimdRow[] Rows =
    [
        new(Mnemonic.Cvtss2sd,  &Cvtss2sd),
        new(Mnemonic.Cvtsd2ss,  &Cvtsd2ss),
        new(Mnemonic.Cvtsi2ss,  &Cvtsi2ss),
        new(Mnemonic.Cvtsi2sd,  &Cvtsi2sd),
        new(Mnemonic.Cvtdq2ps,  &Cvtdq2ps),
        new(Mnemonic.Cvtss2si,  &Cvtss2si),
        new(Mnemonic.Cvtsd2si,  &Cvtsd2si),
        new(Mnemonic.Cvttss2si, &Cvttss2si),
        new(Mnemonic.Cvttsd2si, &Cvttsd2si),
        new(Mnemonic.Cvtps2dq,  &Cvtps2dq),
        new(Mnemonic.Cvttps2dq, &Cvttps2dq),
    ];

    private static void Cvtss2sd(ref SimdOperands o) => *(ulong*)o.Dst = FloatConvert.Between(*(uint*)o.Src, FloatFormat.Single, FloatFormat.Double, ref o.Float);

    private static void Cvtsd2ss(ref SimdOperands o) => *(uint*)o.Dst = (uint)FloatConvert.Between(*(ulong*)o.Src, FloatFormat.Double, FloatFormat.Single, ref o.Float);

    private static void Cvtsi2ss(ref SimdOperands o) => *(uint*)o.Dst = (uint)FloatConvert.FromInteger(Integer(o), FloatFormat.Single, ref o.Float);

    private static void Cvtsi2sd(ref SimdOperands o) => *(ulong*)o.Dst = FloatConvert.FromInteger(Integer(o), FloatFormat.Double, ref o.Float);

    private static void Cvtdq2ps(ref SimdOperands o)
    {
        for (var lane = 0; lane < 4; lane++) ((uint*)o.Dst)[lane] = (uint)FloatConvert.FromInteger(((int*)o.Src)[lane], FloatFormat.Single, ref o.Float);
    }

    private static void Cvtss2si(ref SimdOperands o) => ToRegister(ref o, FloatFormat.Single, o.Float.Rounding);
    private static void Cvtsd2si(ref SimdOperands o) => ToRegister(ref o, FloatFormat.Double, o.Float.Rounding);
    private static void Cvttss2si(ref SimdOperands o) => ToRegister(ref o, FloatFormat.Single, RoundingMode.Zero);
    private static void Cvttsd2si(ref SimdOperands o) => ToRegister(ref o, FloatFormat.Double, RoundingMode.Zero);
    private static void Cvtps2dq(ref SimdOperands o) => ToIntegers(ref o, o.Float.Rounding);
    private static void Cvttps2dq(ref SimdOperands o) => ToIntegers(ref o, RoundingMode.Zero);

    private static long Integer(in SimdOperands o) => o.SourceBytes == 8 ? *(long*)o.Src : *(int*)o.Src;

    private static void ToRegister(ref SimdOperands o, in FloatFormat format, RoundingMode rounding) =>
        *(ulong*)o.Dst = FloatConvert.ToInteger(FloatLanes.Get(o.Src, 0, format), o.ResultBytes * 8, rounding, format, ref o.Float);

    private static void ToIntegers(ref SimdOperands o, RoundingMode rounding)
    {
        for (var lane = 0; lane < 4; lane++)
        {
            ((uint*)o.Dst)[lane] = (uint)FloatConvert.ToInteger(((uint*)o.Src)[lane], 32, rounding, FloatFormat.Single, ref o.Float);
        }
    }
}
