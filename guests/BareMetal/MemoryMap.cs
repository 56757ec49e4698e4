namespace Tcg.Mttcg.Guests.BareMetal;

/// <summary>Where things lie in the guests' physical (and identity-mapped linear) memory.</summary>
public static class MemoryMap
{
    /// <summary>Words that all CPUs share before and after start-up.</summary>
    public const uint Started = 0x7000, CpuCount = 0x7004;

    /// <summary>Real-mode start-up code; the SIPI vector is its page number.</summary>
    public const uint Trampoline = 0x8000;

    /// <summary>Loaded image: multiboot header and 32-bit entry, then 64-bit code.</summary>
    public const uint Image = 0x100000, Image64 = 0x101000;

    /// <summary>PML4, PDPT and four page directories: the first 4 GiB, identity-mapped by 2 MiB pages.</summary>
    public const uint PageTables = 0x400000;

    public const uint Stacks = 0x500000, StackBytes = 0x4000;

    /// <summary>Free for the guest's own data.</summary>
    public const uint Data = 0x800000;

    public const uint LocalApic = 0xfee00000;
    public const ushort FwCfgSelector = 0x510, FwCfgData = 0x511, DebugExit = 0xf4, Serial = 0x3f8;
}
