namespace Tcg.Mttcg.Memory.Paging;

/// <summary>The registers that paging reads, as the vCPU holds them.</summary>
/// <param name="Pkru">Protection-key rights of user pages.</param>
/// <param name="Pdpte0">The four PDPTEs that a MOV to CR3 loaded, for PAE paging (SDM 3A 4.4.1).</param>
/// <param name="PhysicalBits">MAXPHYADDR, 32 to 52, as CPUID announces it.</param>
public readonly record struct PagingState(
    ulong Cr0,
    ulong Cr3,
    ulong Cr4,
    ulong Efer,
    uint Pkru = 0,
    ulong Pdpte0 = 0,
    ulong Pdpte1 = 0,
    ulong Pdpte2 = 0,
    ulong Pdpte3 = 0,
    byte PhysicalBits = 40)
{
    public const ulong Cr0WriteProtect = 1UL << 16;
    public const ulong Cr0Paging = 1UL << 31;
    public const ulong Cr4PageSizeExtensions = 1UL << 4;
    public const ulong Cr4PhysicalAddressExtension = 1UL << 5;
    public const ulong Cr4GlobalPages = 1UL << 7;
    public const ulong Cr4FiveLevels = 1UL << 12;
    public const ulong Cr4Smep = 1UL << 20;
    public const ulong Cr4Smap = 1UL << 21;
    public const ulong Cr4ProtectionKeys = 1UL << 22;
    public const ulong EferLongModeActive = 1UL << 10;
    public const ulong EferNoExecute = 1UL << 11;

    /// <summary>Which page tables are in force (SDM 3A 4.1.1).</summary>
    public PagingMode Mode =>
        (Cr0 & Cr0Paging) == 0 ? PagingMode.None
        : (Cr4 & Cr4PhysicalAddressExtension) == 0 ? PagingMode.Bits32
        : (Efer & EferLongModeActive) == 0 ? PagingMode.Pae
        : (Cr4 & Cr4FiveLevels) == 0 ? PagingMode.FourLevel
        : PagingMode.FiveLevel;

    /// <summary>Whether a linear address is canonical: its bits above the top level's all equal the highest translated one.</summary>
    /// <param name="levels">4 or 5.</param>
    public static bool IsCanonical(GuestVirtual address, int levels)
    {
        var unused = 64 - (levels == 5 ? 57 : 48);
        return (long)(address.Value << unused) >> unused == (long)address.Value;
    }

    internal ulong Pdpte(int index) => index switch
    {
        0 => Pdpte0,
        1 => Pdpte1,
        2 => Pdpte2,
        _ => Pdpte3,
    };
}

public enum PagingMode : byte
{
    /// <summary>Linear addresses are physical.</summary>
    None,
    /// <summary>Two levels of 4-byte entries.</summary>
    Bits32,
    /// <summary>Four registers and two levels of 8-byte entries.</summary>
    Pae,
    FourLevel,
    FiveLevel,
}
