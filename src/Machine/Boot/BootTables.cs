using Tcg.Mttcg.Machine.Firmware;

namespace Tcg.Mttcg.Machine.Boot;

/// <summary>The descriptor and page tables that a 32-bit or 64-bit entry runs on, in conventional memory that boot protocols leave alone.</summary>
public static class BootTables
{
    /// <summary>__BOOT_CS and __BOOT_DS of the Linux boot protocol.</summary>
    public const ushort CodeSelector = 0x10, DataSelector = 0x18;

    public const ulong StackTop = 0x8000, RealStackTop = 0x7c00, GdtAddress = 0x8000, PageTables = 0x9000;
    public const ushort GdtLimit = 0x1f;

    /// <summary>Where boot parameters, command lines and lists may start; tables end here.</summary>
    public const ulong ParametersStart = 0x10000;

    private const ulong Code32 = 0x00cf9b000000ffff, Code64 = 0x00af9b000000ffff, Data = 0x00cf93000000ffff;
    private const ulong PresentWritable = 3, LargePage = 0x83, PageBytes = 0x1000, LargePageBytes = 0x200000;

    public static void Write(IGuestMemory memory, BootMode mode)
    {
        if (mode == BootMode.Real16) return;
        memory.Clear(GdtAddress, 0x20);
        memory.Write64(GdtAddress + CodeSelector, mode == BootMode.Long64 ? Code64 : Code32);
        memory.Write64(GdtAddress + DataSelector, Data);
        if (mode == BootMode.Long64) WriteIdentityMap(memory);
    }

    /// <summary>One PML4, one PDPT, four page directories of 2 MiB pages.</summary>
    private static void WriteIdentityMap(IGuestMemory memory)
    {
        ulong pointers = PageTables + PageBytes, directories = pointers + PageBytes;
        memory.Clear(PageTables, 2 * PageBytes);
        memory.Write64(PageTables, pointers | PresentWritable);
        for (ulong i = 0; i < 4; i++) memory.Write64(pointers + i * 8, directories + i * PageBytes | PresentWritable);
        for (ulong i = 0; i < 4 * 512; i++) memory.Write64(directories + i * 8, i * LargePageBytes | LargePage);
    }
}
