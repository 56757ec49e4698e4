using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Runtime;

public enum ElementMoveKind : byte { Load, Store, Gather }

/// <summary>VMASKMOV, VPMASKMOV or a gather in one word: argument B of <see cref="HelperId.MoveElements"/>.</summary>
/// <remarks>
/// Bits: 1:0 kind, 5:2 vector, 9:6 mask, 13:10 index register, 15:14 logarithm of the scale, 16 elements of 8 bytes, 17 indices of 8 bytes,
/// 21:18 count, 23:22 address size, 26:24 segment, 27 64-bit code.
/// </remarks>
public readonly record struct ElementMove(ulong Raw)
{
    public ElementMoveKind Kind { get => (ElementMoveKind)Get(0, 2); init => Raw = With(0, (ulong)value); }

    /// <summary>The register that is loaded or stored.</summary>
    public int Vector { get => (int)Get(2, 4); init => Raw = With(2, (ulong)value); }
    public int Mask { get => (int)Get(6, 4); init => Raw = With(6, (ulong)value); }
    public int Index { get => (int)Get(10, 4); init => Raw = With(10, (ulong)value); }

    /// <summary>1, 2, 4 or 8.</summary>
    public int Scale { get => 1 << (int)Get(14, 2); init => Raw = With(14, (ulong)System.Numerics.BitOperations.Log2((uint)value)); }

    /// <summary>Bytes of an element and of an index: 4 or 8.</summary>
    public int Element { get => Get(16, 1) == 0 ? 4 : 8; init => Raw = With(16, value == 8 ? 1u : 0); }
    public int IndexBytes { get => Get(17, 1) == 0 ? 4 : 8; init => Raw = With(17, value == 8 ? 1u : 0); }

    public int Count { get => (int)Get(18, 4); init => Raw = With(18, (ulong)value); }

    public OpSize AddressSize { get => (OpSize)Get(22, 2); init => Raw = With(22, (ulong)value); }

    /// <summary>None: flat.</summary>
    public Segment Segment { get => Get(24, 3) == 7 ? Segment.None : (Segment)Get(24, 3); init => Raw = With(24, (ulong)value & 7); }
    public bool Code64 { get => Get(27, 1) != 0; init => Raw = With(27, value ? 1u : 0); }

    private ulong Get(int at, int bits) => Raw >> at & ((1u << bits) - 1);

    private ulong With(int at, ulong value) => Raw | value << at;
}
