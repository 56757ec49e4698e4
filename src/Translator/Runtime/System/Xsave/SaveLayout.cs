namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>MXCSR (SDM 1 10.2.3).</summary>
public static class MxCsr
{
    public const uint Default = 0x1f80, Writable = 0xffff;

    /// <summary>The six exception masks: the host's copy has them all set, or a guest's exception would be a signal here.</summary>
    public const uint Masks = 0x1f80;
}

/// <summary>Offsets in the FXSAVE and XSAVE areas (SDM 1 10.5.1, 13.4).</summary>
internal static class SaveLayout
{
    public const uint Control = 0, Status = 2, Tag = 4, Opcode = 6, Ip = 8, Dp = 16, MxCsr = 24, MxCsrMask = 28, X87 = 32, Xmm = 160, LegacyBytes = 512,
        Header = 512, CompactBits = 520, Reserved = 528, Extended = 576, AvxOffset = 576, AvxBytes = 256, PkruOffset = 2688, PkruBytes = 8;

    /// <summary>XCOMP_BV: the area is compacted.</summary>
    public const ulong Compacted = 1UL << 63;
}
