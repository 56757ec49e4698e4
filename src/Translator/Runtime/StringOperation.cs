using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Runtime;

public enum StringKind : byte { Movs, Stos, Lods, Cmps, Scas, Ins, Outs }

/// <summary>F3 (REP, REPE) or F2 (REPNE). Only CMPS and SCAS tell the two apart.</summary>
public enum RepeatKind : byte { None, RepE, RepNe }

/// <summary>A string instruction in one word: argument A of <see cref="HelperId.StringOperation"/>. Direction and counts are in the state.</summary>
/// <remarks>
/// Bits: 3:0 kind, 5:4 element size, 7:6 address size (both log2 of bytes), 9:8 repeat, 12:10 source segment (7: flat), 13 destination (ES) flat,
/// 15:14 privilege view, 16 64-bit code. A segment that is not flat adds its base, is checked against its limit and type, and wraps at 32 bits.
/// </remarks>
public readonly record struct StringOperation(ulong Raw)
{
    private const ulong FlatSegment = 7, FlatDestinationBit = 1 << 13, Code64Bit = 1 << 16;

    public StringOperation(StringKind kind, OpSize element, OpSize address, RepeatKind repeat, Segment source, bool flatDestination, MmuIndex view, bool code64)
        : this((ulong)kind | ((ulong)element << 4) | ((ulong)address << 6) | ((ulong)repeat << 8)
            | ((source == Segment.None ? FlatSegment : (ulong)source) << 10) | (flatDestination ? FlatDestinationBit : 0) | ((ulong)view << 14)
            | (code64 ? Code64Bit : 0))
    {
    }

    public StringKind Kind => (StringKind)(Raw & 15);
    public OpSize Element => (OpSize)((Raw >> 4) & 3);
    public OpSize AddressSize => (OpSize)((Raw >> 6) & 3);
    public RepeatKind Repeat => (RepeatKind)((Raw >> 8) & 3);

    /// <summary>Segment of RSI; None: offsets are linear addresses.</summary>
    public Segment Source => ((Raw >> 10) & 7) == FlatSegment ? Segment.None : (Segment)((Raw >> 10) & 7);

    /// <summary>ES needs neither base nor limit check.</summary>
    public bool FlatDestination => (Raw & FlatDestinationBit) != 0;
    public MmuIndex View => (MmuIndex)((Raw >> 14) & 3);
    public bool Code64 => (Raw & Code64Bit) != 0;
}
