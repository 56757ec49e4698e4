using Iced.Intel;
using Tcg.Mttcg.Translator.Host.Interpreter.Float;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>Comparisons into masks and into flags.</summary>
internal static unsafe class SimdFloatCompare
{
    public static readonly SimdRow[] Rows =
    [
        new(Mnemonic.Cmpps,   &Cmpps),
        new(Mnemonic.Cmppd,   &Cmppd),
        new(Mnemonic.Cmpss,   &Cmpss),
        new(Mnemonic.Cmpsd,   &Cmpsd),
        new(Mnemonic.Comiss,  &Comiss),
        new(Mnemonic.Comisd,  &Comisd),
        new(Mnemonic.Ucomiss, &Ucomiss),
        new(Mnemonic.Ucomisd, &Ucomisd),
    ];

    private static void Cmpps(ref SimdOperands o) => Masks(ref o, FloatFormat.Single, 4);
    private static void Cmppd(ref SimdOperands o) => Masks(ref o, FloatFormat.Double, 2);
    private static void Cmpss(ref SimdOperands o) => Masks(ref o, FloatFormat.Single, 1);
    private static void Cmpsd(ref SimdOperands o) => Masks(ref o, FloatFormat.Double, 1);
    private static void Comiss(ref SimdOperands o) => Flags(ref o, FloatFormat.Single, true);
    private static void Comisd(ref SimdOperands o) => Flags(ref o, FloatFormat.Double, true);
    private static void Ucomiss(ref SimdOperands o) => Flags(ref o, FloatFormat.Single, false);
    private static void Ucomisd(ref SimdOperands o) => Flags(ref o, FloatFormat.Double, false);

    // Legacy encodings have the first eight predicates only.
    private static void Masks(ref SimdOperands o, in FloatFormat format, int lanes)
    {
        var predicate = o.Immediate & (o.IsVex ? 31 : 7);
        for (var lane = 0; lane < lanes; lane++)
        {
            var holds = FloatCompare.Holds(predicate, FloatLanes.Get(o.Dst, lane, format), FloatLanes.Get(o.Src, lane, format), format, ref o.Float);
            FloatLanes.Put(o.Dst, lane, format, holds ? ulong.MaxValue : 0);
        }
    }

    private static void Flags(ref SimdOperands o, in FloatFormat format, bool signalling)
    {
        var order = FloatCompare.Order(FloatLanes.Get(o.Dst, 0, format), FloatLanes.Get(o.Src, 0, format), signalling, format, ref o.Float);
        o.Flags = (uint)(order switch
        {
            FloatOrder.Less => ArithmeticFlags.CF,
            FloatOrder.Equal => ArithmeticFlags.ZF,
            FloatOrder.Greater => ArithmeticFlags.None,
            _ => ArithmeticFlags.CF | ArithmeticFlags.PF | ArithmeticFlags.ZF,
        });
    }
}
