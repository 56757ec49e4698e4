namespace Tcg.Mttcg.Guests.SelfCheck.Kit;

/// <summary>
/// Where the self-check guest keeps its things. Linear addresses equal physical ones. What lies in <see cref="Tables"/> is put back before every check; below
/// 1 MiB each page has an entry of its own in every kind of page table, so that a check may change the rights of any.
/// </summary>
internal static class CheckMap
{
    /// <summary>Low memory as the image brings it, and where it is copied to.</summary>
    public const uint Pristine = 0x200000, Low = 0x10000, LowBytes = 0x30000;

    public const uint Tables = 0x10000, TablesBytes = 0x18000;
    public const uint Gdt = 0x10000, GdtBytes = 0x200, Ldt = 0x10400, LdtBytes = 0x40, Idt64 = 0x11000, Idt32 = 0x12000, Ivt = 0x12800;

    /// <summary>64-bit TSS; its I/O permission bitmap covers all ports.</summary>
    public const uint Tss64 = 0x13000, Tss64IoMap = 0x88, TssBytes = 0x88 + 0x2001;

    /// <summary>32-bit TSS of the legacy monitor: interrupt redirection map, then a whole I/O permission bitmap.</summary>
    public const uint Tss32 = 0x16000, Tss32IoMap = 0x88;

    /// <summary>Tasks to switch to.</summary>
    public const uint TaskB = 0x19000, TaskC = 0x19100, Task16 = 0x19200, Task16B = 0x19280;

    /// <summary>Page tables: four levels, and a table for each level that a check may hang in somewhere.</summary>
    public const uint Pml4 = 0x1a000, Pdpt = 0x1b000, Directory = 0x1c000, Table = 0x1d000, HighDirectory = 0x1e000, SpareTable = 0x1f000, SpareDirectory = 0x20000,
        Pml5 = 0x21000;

    public const uint Directory32 = 0x22000, Table32 = 0x23000, PaePointers = 0x24000, PaeDirectory = 0x25000, PaeTable = 0x26000, PaeHighDirectory = 0x27000;

    /// <summary>Code of the kit at fixed places: entry stubs of 16 bytes a vector, and what they lead to.</summary>
    public const uint Stubs64 = 0x28000, Stubs32 = 0x28400, Stubs16 = 0x28800, Kit64 = 0x28c00, Kit32 = 0x29000, Kit16 = 0x29400, ToReal = 0x29800, ToLegacy = 0x29c00,
        KitSegment = 0x20000;

    public const int Vectors = 64, StubBytes = 16;

    /// <summary>What happened last (see <see cref="Field"/>), and the kit's own words.</summary>
    public const uint Event = 0x2a000, MonitorSp = 0x2a200, CurrentResult = 0x2a208, LongSp = 0x2a210, LongReturn = 0x2a218;

    /// <summary>A page for checks to write to; cleared before each.</summary>
    public const uint Scratch = 0x2b000;

    /// <summary>Tops of stacks.</summary>
    public const uint UserStack = 0x2d000, KernelStack = 0x2e000, IstStack = 0x2e800, Ring1Stack = 0x2f000, DoubleFaultStack = 0x2f800, MonitorStack = 0x30000;

    /// <summary>Pieces of code that checks run: one real-mode segment.</summary>
    public const uint Fragments = 0x30000, FragmentsEnd = 0x40000;

    /// <summary>Pages that belong to nobody, for paging checks.</summary>
    public const uint Pages = 0x60000;

    /// <summary>Above 1 MiB: supervisor pages.</summary>
    public const uint LongList = 0x120000, LegacyList = 0x180000, Data = 0x1c0000, Results = 0x300000;

    public const uint ResultBytes = 32;
}

/// <summary>Selectors of the guest's GDT. User code and stack stand in the order that SYSRET wants.</summary>
internal static class Sel
{
    public const ushort Code64 = 0x08, Data = 0x10, Code32 = 0x18, Code16 = 0x20, Data16 = 0x28, UserCode32 = 0x33, UserData = 0x3b, UserCode64 = 0x43,
        Tss64 = 0x48, Tss32 = 0x58, TaskB = 0x60, TaskC = 0x68, Task16 = 0x70, Task16B = 0x78, Ldt = 0x80, Ring1Code32 = 0x91, Ring1Data = 0x99,
        Conforming32 = 0xa0, Conforming64 = 0xa8, UserCode16 = 0xb3, Ring1Code64 = 0xb9,
        KitCode16 = 0xc0, KitData16 = 0xc8;

    /// <summary>Empty entries for checks to fill.</summary>
    public const ushort Free = 0x100, Free2 = 0x108, Free3 = 0x110, Free4 = 0x118;
}
