namespace Tcg.Mttcg.Machine.Firmware;

/// <summary>Address range types of INT 15h E820 (ACPI specification 15.1); Xen and multiboot use the same numbers.</summary>
public enum MemoryKind : uint { Usable = 1, Reserved = 2, AcpiReclaimable = 3, AcpiNvs = 4 }

public readonly record struct MemoryRange(ulong Start, ulong Length, MemoryKind Kind)
{
    public ulong End => Start + Length;
}

/// <summary>The memory map that boot protocols hand to the guest, ascending.</summary>
public static class MemoryMap
{
    /// <summary>Start of the extended BIOS data area, 1 KiB below the VGA window.</summary>
    public const ulong EbdaStart = 0x9fc00;
    /// <summary>All firmware tables live from here to 1 MiB.</summary>
    public const ulong TablesStart = 0xe0000;
    public const ulong OneMebibyte = 0x100000;

    public static IReadOnlyList<MemoryRange> For(RamLayout layout)
    {
        var ranges = new List<MemoryRange>
        {
            new(0, EbdaStart, MemoryKind.Usable),
            new(EbdaStart, 0xa0000 - EbdaStart, MemoryKind.Reserved),
            new(TablesStart, OneMebibyte - TablesStart, MemoryKind.Reserved),
        };
        if (layout.LowBytes > OneMebibyte) ranges.Add(new(OneMebibyte, layout.LowBytes - OneMebibyte, MemoryKind.Usable));
        // The IOAPIC, HPET and local APICs, so that no guest puts a PCI window there.
        ranges.Add(new(0xfec00000, 0x1000, MemoryKind.Reserved));
        ranges.Add(new(0xfed00000, 0x1000, MemoryKind.Reserved));
        ranges.Add(new(0xfee00000, 0x1000, MemoryKind.Reserved));
        if (layout.HighBytes > 0) ranges.Add(new(RamLayout.HighStart, layout.HighBytes, MemoryKind.Usable));
        return ranges;
    }
}
