using Iced.Intel;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>Fused multiply-add (FMA).</summary>
internal static class Fma
{
    public static readonly LiftRow[] Rows =
    [
        .. Simd.FloatRowsOf(
            Mnemonic.Vfmadd132ps, Mnemonic.Vfmadd132pd, Mnemonic.Vfmadd132ss, Mnemonic.Vfmadd132sd,
            Mnemonic.Vfmadd213ps, Mnemonic.Vfmadd213pd, Mnemonic.Vfmadd213ss, Mnemonic.Vfmadd213sd,
            Mnemonic.Vfmadd231ps, Mnemonic.Vfmadd231pd, Mnemonic.Vfmadd231ss, Mnemonic.Vfmadd231sd,
            Mnemonic.Vfmsub132ps, Mnemonic.Vfmsub132pd, Mnemonic.Vfmsub132ss, Mnemonic.Vfmsub132sd,
            Mnemonic.Vfmsub213ps, Mnemonic.Vfmsub213pd, Mnemonic.Vfmsub213ss, Mnemonic.Vfmsub213sd,
            Mnemonic.Vfmsub231ps, Mnemonic.Vfmsub231pd, Mnemonic.Vfmsub231ss, Mnemonic.Vfmsub231sd,
            Mnemonic.Vfnmadd132ps, Mnemonic.Vfnmadd132pd, Mnemonic.Vfnmadd132ss, Mnemonic.Vfnmadd132sd,
            Mnemonic.Vfnmadd213ps, Mnemonic.Vfnmadd213pd, Mnemonic.Vfnmadd213ss, Mnemonic.Vfnmadd213sd,
            Mnemonic.Vfnmadd231ps, Mnemonic.Vfnmadd231pd, Mnemonic.Vfnmadd231ss, Mnemonic.Vfnmadd231sd,
            Mnemonic.Vfnmsub132ps, Mnemonic.Vfnmsub132pd, Mnemonic.Vfnmsub132ss, Mnemonic.Vfnmsub132sd,
            Mnemonic.Vfnmsub213ps, Mnemonic.Vfnmsub213pd, Mnemonic.Vfnmsub213ss, Mnemonic.Vfnmsub213sd,
            Mnemonic.Vfnmsub231ps, Mnemonic.Vfnmsub231pd, Mnemonic.Vfnmsub231ss, Mnemonic.Vfnmsub231sd,
            Mnemonic.Vfmaddsub132ps, Mnemonic.Vfmaddsub132pd, Mnemonic.Vfmaddsub213ps, Mnemonic.Vfmaddsub213pd, Mnemonic.Vfmaddsub231ps,
            Mnemonic.Vfmaddsub231pd,
            Mnemonic.Vfmsubadd132ps, Mnemonic.Vfmsubadd132pd, Mnemonic.Vfmsubadd213ps, Mnemonic.Vfmsubadd213pd, Mnemonic.Vfmsubadd231ps,
            Mnemonic.Vfmsubadd231pd),
    ];
}
