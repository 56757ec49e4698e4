using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Iced.Intel;
using Tcg.Mttcg.Translator.Host.Interpreter.Float;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>
/// Arithmetic of SSE, SSE2 and SSE3, lane by lane through <see cref="FloatArithmetic"/>.
/// </summary>
internal static unsafe class SimdFloat
{
    public static readonly SimdRow[] Rows =
    [
        new(Mnemonic.Addps,    &Addps),    new(Mnemonic.Addpd,  &Addpd),  new(Mnemonic.Addss,  &Addss),  new(Mnemonic.Addsd,  &Addsd),
        new(Mnemonic.Subps,    &Subps),    new(Mnemonic.Subpd,  &Subpd),  new(Mnemonic.Subss,  &Subss),  new(Mnemonic.Subsd,  &Subsd),
        new(Mnemonic.Mulps,    &Mulps),    new(Mnemonic.Mulpd,  &Mulpd),  new(Mnemonic.Mulss,  &Mulss),  new(Mnemonic.Mulsd,  &Mulsd),
        new(Mnemonic.Divps,    &Divps),    new(Mnemonic.Divpd,  &Divpd),  new(Mnemonic.Divss,  &Divss),  new(Mnemonic.Divsd,  &Divsd),
        new(Mnemonic.Minps,    &Minps),    new(Mnemonic.Minpd,  &Minpd),  new(Mnemonic.Minss,  &Minss),  new(Mnemonic.Minsd,  &Minsd),
        new(Mnemonic.Maxps,    &Maxps),    new(Mnemonic.Maxpd,  &Maxpd),  new(Mnemonic.Maxss,  &Maxss),  new(Mnemonic.Maxsd,  &Maxsd),
        new(Mnemonic.Sqrtps,   &Sqrtps),   new(Mnemonic.Sqrtpd, &Sqrtpd), new(Mnemonic.Sqrtss, &Sqrtss), new(Mnemonic.Sqrtsd, &Sqrtsd),
        new(Mnemonic.Rcpps,    &Rcpps),    new(Mnemonic.Rcpss,  &Rcpss),  new(Mnemonic.Rsqrtps, &Rsqrtps), new(Mnemonic.Rsqrtss, &Rsqrtss),
        new(Mnemonic.Addsubps, &Addsubps), new(Mnemonic.Addsubpd, &Addsubpd),
        new(Mnemonic.Haddps,   &Haddps),   new(Mnemonic.Haddpd, &Haddpd), new(Mnemonic.Hsubps, &Hsubps), new(Mnemonic.Hsubpd, &Hsubpd),
        new(Mnemonic.Dpps,     &Dpps, SimdShape.Whole), new(Mnemonic.Dppd, &Dppd, SimdShape.Whole),
    ];

    private static void Addps(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Single, 4, &FloatArithmetic.Add);
    private static void Addpd(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Double, 2, &FloatArithmetic.Add);
    private static void Addss(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Single, 1, &FloatArithmetic.Add);
    private static void Addsd(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Double, 1, &FloatArithmetic.Add);
    private static void Subps(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Single, 4, &FloatArithmetic.Subtract);
    private static void Subpd(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Double, 2, &FloatArithmetic.Subtract);
    private static void Subss(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Single, 1, &FloatArithmetic.Subtract);
    private static void Subsd(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Double, 1, &FloatArithmetic.Subtract);
    private static void Mulps(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Single, 4, &FloatArithmetic.Multiply);
    private static void Mulpd(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Double, 2, &FloatArithmetic.Multiply);
    private static void Mulss(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Single, 1, &FloatArithmetic.Multiply);
    private static void Mulsd(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Double, 1, &FloatArithmetic.Multiply);
    private static void Divps(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Single, 4, &FloatArithmetic.Divide);
    private static void Divpd(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Double, 2, &FloatArithmetic.Divide);
    private static void Divss(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Single, 1, &FloatArithmetic.Divide);
    private static void Divsd(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Double, 1, &FloatArithmetic.Divide);
    private static void Minps(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Single, 4, &FloatArithmetic.Minimum);
    private static void Minpd(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Double, 2, &FloatArithmetic.Minimum);
    private static void Minss(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Single, 1, &FloatArithmetic.Minimum);
    private static void Minsd(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Double, 1, &FloatArithmetic.Minimum);
    private static void Maxps(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Single, 4, &FloatArithmetic.Maximum);
    private static void Maxpd(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Double, 2, &FloatArithmetic.Maximum);
    private static void Maxss(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Single, 1, &FloatArithmetic.Maximum);
    private static void Maxsd(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Double, 1, &FloatArithmetic.Maximum);
    private static void Sqrtps(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Single, 4, &FloatArithmetic.SquareRoot);
    private static void Sqrtpd(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Double, 2, &FloatArithmetic.SquareRoot);
    private static void Sqrtss(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Single, 1, &FloatArithmetic.SquareRoot);
    private static void Sqrtsd(ref SimdOperands o) => FloatLanes.Map(ref o, FloatFormat.Double, 1, &FloatArithmetic.SquareRoot);
    private static void Haddps(ref SimdOperands o) => FloatLanes.Pairs(ref o, FloatFormat.Single, &FloatArithmetic.Add);
    private static void Haddpd(ref SimdOperands o) => FloatLanes.Pairs(ref o, FloatFormat.Double, &FloatArithmetic.Add);
    private static void Hsubps(ref SimdOperands o) => FloatLanes.Pairs(ref o, FloatFormat.Single, &FloatArithmetic.Subtract);
    private static void Hsubpd(ref SimdOperands o) => FloatLanes.Pairs(ref o, FloatFormat.Double, &FloatArithmetic.Subtract);
    private static void Addsubps(ref SimdOperands o) => FloatLanes.Alternate(ref o, FloatFormat.Single);
    private static void Addsubpd(ref SimdOperands o) => FloatLanes.Alternate(ref o, FloatFormat.Double);
    private static void Dpps(ref SimdOperands o) => FloatLanes.DotProduct(ref o, FloatFormat.Single);
    private static void Dppd(ref SimdOperands o) => FloatLanes.DotProduct(ref o, FloatFormat.Double);
    private static void Rcpps(ref SimdOperands o) => Approximate(ref o, 4, &FloatApproximation.Reciprocal);
    private static void Rcpss(ref SimdOperands o) => Approximate(ref o, 1, &FloatApproximation.Reciprocal);
    private static void Rsqrtps(ref SimdOperands o) => Approximate(ref o, 4, &FloatApproximation.ReciprocalRoot);
    private static void Rsqrtss(ref SimdOperands o) => Approximate(ref o, 1, &FloatApproximation.ReciprocalRoot);

    private static void Approximate(ref SimdOperands o, int lanes, delegate*<float, float> function)
    {
        for (var lane = 0; lane < lanes; lane++) ((float*)o.Dst)[lane] = function(((float*)o.Src)[lane]);
    }
}
