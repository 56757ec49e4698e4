namespace Tcg.Mttcg.Translator.Guest;

/// <summary>Byte offsets of fields of <see cref="Runtime.CpuState"/> that lifted code reads or writes itself; a test holds them to the struct.</summary>
public static class StateFields
{
    /// <summary>Inside a segment register.</summary>
    public const int Limit = 8, Selector = 14;

    public const int Ldtr = 1680, Tr = 1704, GdtBase = 1728, IdtBase = 1736, GdtLimit = 1744, IdtLimit = 1748, Cr0 = 1752;
}
