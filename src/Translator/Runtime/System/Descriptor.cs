namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>The low 8 bytes of an entry of the GDT, an LDT or the IDT (SDM 3A 3.4.5, 6.11).</summary>
internal readonly record struct Descriptor(ulong Raw)
{
    public int Type => (int)(Raw >> 40) & 15;
    public bool IsSystem => (Raw >> 44 & 1) == 0;
    public int Dpl => (int)(Raw >> 45) & 3;
    public bool Present => (Raw >> 47 & 1) != 0;
    public bool Long => (Raw >> 53 & 1) != 0;
    public bool Big => (Raw >> 54 & 1) != 0;

    public bool IsCode => !IsSystem && (Type & SegmentBits.Code) != 0;
    public bool IsConformingCode => IsCode && (Type & SegmentBits.Conforming) != 0;
    public bool IsWritableData => !IsSystem && (Type & (SegmentBits.Code | SegmentBits.Writable)) == SegmentBits.Writable;
    public bool IsReadable => !IsSystem && (Type & (SegmentBits.Code | SegmentBits.Readable)) != SegmentBits.Code;

    public ulong Base => (Raw >> 16 & 0xffffff) | (Raw >> 56 << 24);

    /// <summary>In bytes, the last valid offset.</summary>
    public uint Limit
    {
        get
        {
            var limit = (uint)(Raw & 0xffff) | (uint)(Raw >> 32 & 0xf0000);
            return (Raw >> 55 & 1) != 0 ? limit << 12 | 0xfff : limit;
        }
    }

    /// <summary>The hidden part for a selector, RPL included.</summary>
    public SegmentRegister ToRegister(ushort selector) =>
        new() { Base = Base, Limit = Limit, Attributes = (ushort)(Raw >> 40 & 0xf0ff), Selector = selector };

    // A gate reads the same 8 bytes as selector, offset and parameter count.
    public ushort GateSelector => (ushort)(Raw >> 16);
    public uint GateOffset32 => (uint)(Raw & 0xffff) | (uint)(Raw >> 32 & 0xffff0000);
    public int GateParameters => (int)(Raw >> 32) & 31;
    public int GateStack => (int)(Raw >> 32) & 7;
}

/// <summary>System descriptor types (SDM 3A table 3-2).</summary>
internal static class SystemType
{
    public const int Tss16 = 1, Ldt = 2, Tss16Busy = 3, CallGate16 = 4, TaskGate = 5, InterruptGate16 = 6, TrapGate16 = 7, Tss = 9, TssBusy = 11,
        CallGate = 12, InterruptGate = 14, TrapGate = 15;
}
