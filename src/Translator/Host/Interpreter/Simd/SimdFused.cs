using Iced.Intel;
using Tcg.Mttcg.Translator.Host.Interpreter.Float;
using static Iced.Intel.Mnemonic;
using static Tcg.Mttcg.Translator.Host.Interpreter.Simd.FusedTraits;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>FMA: the order of the operands, the signs and the elements are what the mnemonics differ in (<see cref="FusedTraits"/>).</summary>
internal static unsafe class SimdFused
{
    public static readonly SimdRow[] Rows =
    [
        new(Vfmadd132ps, &Run<O132, Madd, Ps>, SimdShape.Fused), new(Vfmadd132pd, &Run<O132, Madd, Pd>, SimdShape.Fused),
        new(Vfmadd132ss, &Run<O132, Madd, Ss>, SimdShape.Fused), new(Vfmadd132sd, &Run<O132, Madd, Sd>, SimdShape.Fused),
        new(Vfmadd213ps, &Run<O213, Madd, Ps>, SimdShape.Fused), new(Vfmadd213pd, &Run<O213, Madd, Pd>, SimdShape.Fused),
        new(Vfmadd213ss, &Run<O213, Madd, Ss>, SimdShape.Fused), new(Vfmadd213sd, &Run<O213, Madd, Sd>, SimdShape.Fused),
        new(Vfmadd231ps, &Run<O231, Madd, Ps>, SimdShape.Fused), new(Vfmadd231pd, &Run<O231, Madd, Pd>, SimdShape.Fused),
        new(Vfmadd231ss, &Run<O231, Madd, Ss>, SimdShape.Fused), new(Vfmadd231sd, &Run<O231, Madd, Sd>, SimdShape.Fused),
        new(Vfmsub132ps, &Run<O132, Msub, Ps>, SimdShape.Fused), new(Vfmsub132pd, &Run<O132, Msub, Pd>, SimdShape.Fused),
        new(Vfmsub132ss, &Run<O132, Msub, Ss>, SimdShape.Fused), new(Vfmsub132sd, &Run<O132, Msub, Sd>, SimdShape.Fused),
        new(Vfmsub213ps, &Run<O213, Msub, Ps>, SimdShape.Fused), new(Vfmsub213pd, &Run<O213, Msub, Pd>, SimdShape.Fused),
        new(Vfmsub213ss, &Run<O213, Msub, Ss>, SimdShape.Fused), new(Vfmsub213sd, &Run<O213, Msub, Sd>, SimdShape.Fused),
        new(Vfmsub231ps, &Run<O231, Msub, Ps>, SimdShape.Fused), new(Vfmsub231pd, &Run<O231, Msub, Pd>, SimdShape.Fused),
        new(Vfmsub231ss, &Run<O231, Msub, Ss>, SimdShape.Fused), new(Vfmsub231sd, &Run<O231, Msub, Sd>, SimdShape.Fused),
        new(Vfnmadd132ps, &Run<O132, Nmadd, Ps>, SimdShape.Fused), new(Vfnmadd132pd, &Run<O132, Nmadd, Pd>, SimdShape.Fused),
        new(Vfnmadd132ss, &Run<O132, Nmadd, Ss>, SimdShape.Fused), new(Vfnmadd132sd, &Run<O132, Nmadd, Sd>, SimdShape.Fused),
        new(Vfnmadd213ps, &Run<O213, Nmadd, Ps>, SimdShape.Fused), new(Vfnmadd213pd, &Run<O213, Nmadd, Pd>, SimdShape.Fused),
        new(Vfnmadd213ss, &Run<O213, Nmadd, Ss>, SimdShape.Fused), new(Vfnmadd213sd, &Run<O213, Nmadd, Sd>, SimdShape.Fused),
        new(Vfnmadd231ps, &Run<O231, Nmadd, Ps>, SimdShape.Fused), new(Vfnmadd231pd, &Run<O231, Nmadd, Pd>, SimdShape.Fused),
        new(Vfnmadd231ss, &Run<O231, Nmadd, Ss>, SimdShape.Fused), new(Vfnmadd231sd, &Run<O231, Nmadd, Sd>, SimdShape.Fused),
        new(Vfnmsub132ps, &Run<O132, Nmsub, Ps>, SimdShape.Fused), new(Vfnmsub132pd, &Run<O132, Nmsub, Pd>, SimdShape.Fused),
        new(Vfnmsub132ss, &Run<O132, Nmsub, Ss>, SimdShape.Fused), new(Vfnmsub132sd, &Run<O132, Nmsub, Sd>, SimdShape.Fused),
        new(Vfnmsub213ps, &Run<O213, Nmsub, Ps>, SimdShape.Fused), new(Vfnmsub213pd, &Run<O213, Nmsub, Pd>, SimdShape.Fused),
        new(Vfnmsub213ss, &Run<O213, Nmsub, Ss>, SimdShape.Fused), new(Vfnmsub213sd, &Run<O213, Nmsub, Sd>, SimdShape.Fused),
        new(Vfnmsub231ps, &Run<O231, Nmsub, Ps>, SimdShape.Fused), new(Vfnmsub231pd, &Run<O231, Nmsub, Pd>, SimdShape.Fused),
        new(Vfnmsub231ss, &Run<O231, Nmsub, Ss>, SimdShape.Fused), new(Vfnmsub231sd, &Run<O231, Nmsub, Sd>, SimdShape.Fused),
        new(Vfmaddsub132ps, &Run<O132, Maddsub, Ps>, SimdShape.Fused), new(Vfmaddsub132pd, &Run<O132, Maddsub, Pd>, SimdShape.Fused),
        new(Vfmaddsub213ps, &Run<O213, Maddsub, Ps>, SimdShape.Fused), new(Vfmaddsub213pd, &Run<O213, Maddsub, Pd>, SimdShape.Fused),
        new(Vfmaddsub231ps, &Run<O231, Maddsub, Ps>, SimdShape.Fused), new(Vfmaddsub231pd, &Run<O231, Maddsub, Pd>, SimdShape.Fused),
        new(Vfmsubadd132ps, &Run<O132, Msubadd, Ps>, SimdShape.Fused), new(Vfmsubadd132pd, &Run<O132, Msubadd, Pd>, SimdShape.Fused),
        new(Vfmsubadd213ps, &Run<O213, Msubadd, Ps>, SimdShape.Fused), new(Vfmsubadd213pd, &Run<O213, Msubadd, Pd>, SimdShape.Fused),
        new(Vfmsubadd231ps, &Run<O231, Msubadd, Ps>, SimdShape.Fused), new(Vfmsubadd231pd, &Run<O231, Msubadd, Pd>, SimdShape.Fused),
    ];

    private static void Run<TOrder, TSigns, TElements>(ref SimdOperands o)
        where TOrder : struct, IOrder
        where TSigns : struct, ISigns
        where TElements : struct, IElements
    {
        TOrder.Choose(o, out var a, out var b, out var c);
        for (var element = 0; element < TElements.Count; element++)
        {
            var format = TElements.Format;
            var value = FloatFused.MultiplyAdd(
                FloatLanes.Get(a, element, format), FloatLanes.Get(b, element, format), FloatLanes.Get(c, element, format),
                TSigns.NegatesProduct, TSigns.NegatesAddend(element), format, ref o.Float);
            FloatLanes.Put(o.Dst, element, format, value);
        }
    }
}
