using Iced.Intel;
using Tcg.Mttcg.Translator.Host.Interpreter.Float;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>Conversions between elements of different width, half precision (F16C) among them. What the results do not fill is cleared.</summary>
internal static unsafe class SimdWidthConvert
{
    public static readonly SimdRow[] Rows =
    [
        new(Mnemonic.Cvtps2pd,  &Cvtps2pd,  SimdShape.Whole),
        new(Mnemonic.Cvtpd2ps,  &Cvtpd2ps,  SimdShape.Whole),
        new(Mnemonic.Cvtdq2pd,  &Cvtdq2pd,  SimdShape.Whole),
        new(Mnemonic.Cvtpd2dq,  &Cvtpd2dq,  SimdShape.Whole),
        new(Mnemonic.Cvttpd2dq, &Cvttpd2dq, SimdShape.Whole),
        new(Mnemonic.Vcvtph2ps, &Vcvtph2ps, SimdShape.Whole),
        new(Mnemonic.Vcvtps2ph, &Vcvtps2ph, SimdShape.Whole),
    ];

    private static int Doubles(in SimdOperands o) => o.VectorBytes / sizeof(double);

    private static void Cvtps2pd(ref SimdOperands o)
    {
        for (var element = 0; element < Doubles(o); element++)
            ((ulong*)o.Dst)[element] = FloatConvert.Between(((uint*)o.Src)[element], FloatFormat.Single, FloatFormat.Double, ref o.Float);
    }

    private static void Cvtpd2ps(ref SimdOperands o)
    {
        ((ulong*)o.Dst)[1] = 0;
        for (var element = 0; element < Doubles(o); element++)
            ((uint*)o.Dst)[element] = (uint)FloatConvert.Between(((ulong*)o.Src)[element], FloatFormat.Double, FloatFormat.Single, ref o.Float);
    }

    private static void Cvtdq2pd(ref SimdOperands o)
    {
        for (var element = 0; element < Doubles(o); element++)
            ((ulong*)o.Dst)[element] = FloatConvert.FromInteger(((int*)o.Src)[element], FloatFormat.Double, ref o.Float);
    }

    private static void Cvtpd2dq(ref SimdOperands o) => DoublesToIntegers(ref o, o.Float.Rounding);
    private static void Cvttpd2dq(ref SimdOperands o) => DoublesToIntegers(ref o, RoundingMode.Zero);

    private static void DoublesToIntegers(ref SimdOperands o, RoundingMode rounding)
    {
        ((ulong*)o.Dst)[1] = 0;
        for (var element = 0; element < Doubles(o); element++)
            ((uint*)o.Dst)[element] = (uint)FloatConvert.ToInteger(((ulong*)o.Src)[element], 32, rounding, FloatFormat.Double, ref o.Float);
    }

    private static void Vcvtph2ps(ref SimdOperands o)
    {
        var halves = o.Float with { DenormalsAreZero = false };
        for (var element = 0; element < o.VectorBytes / sizeof(float); element++)
            ((uint*)o.Dst)[element] = (uint)FloatConvert.Between(((ushort*)o.Src)[element], FloatFormat.Half, FloatFormat.Single, ref halves);
        // Denormals are exact here, and no exception.
        o.Float.Flags |= halves.Flags & FloatFlags.Invalid;
    }

    // The immediate's bit 2 takes MXCSR's rounding mode, else its bits 1:0 are one.
    private static void Vcvtps2ph(ref SimdOperands o)
    {
        ((ulong*)o.Dst)[1] = 0;
        var halves = o.Float with { FlushToZero = false };
        if ((o.Immediate & 4) == 0) halves.Rounding = (RoundingMode)(o.Immediate & 3);
        for (var element = 0; element < o.VectorBytes / sizeof(float); element++)
            ((ushort*)o.Dst)[element] = (ushort)FloatConvert.Between(((uint*)o.Src)[element], FloatFormat.Single, FloatFormat.Half, ref halves);
        o.Float.Flags |= halves.Flags;
    }
}
