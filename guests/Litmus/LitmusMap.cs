using Tcg.Mttcg.Guests.BareMetal;

namespace Tcg.Mttcg.Guests.Litmus;

/// <summary>Where litmus guests keep their things; words that CPUs contend for have a cache line of their own.</summary>
internal static class LitmusMap
{
    public const uint Barrier = MemoryMap.Data, Forbidden = MemoryMap.Data + 0x100, Relaxed = MemoryMap.Data + 0x140, Laps = MemoryMap.Data + 0x180;

    /// <summary>Words for a test's own use, <see cref="WordBytes"/> apart.</summary>
    public const uint Words = MemoryMap.Data + 0x400, WordBytes = 64;

    public const uint InterruptTable = MemoryMap.Data + 0x2000, InterruptTablePointer = MemoryMap.Data + 0x3000;

    /// <summary>
    /// A page table and the 512 linear pages that it maps at the start of the second GiB, all absent at first, and the directory entry above it.
    /// </summary>
    public const uint WindowTable = MemoryMap.Data + 0x4000, Window = 0x40000000, WindowDirectory = MemoryMap.PageTables + 0x3000;

    /// <summary>Pages that a test fills with code or data.</summary>
    public const uint Pages = MemoryMap.Data + 0x10000;

    /// <summary>What the disk's driver and the disk share.</summary>
    public const uint Disk = MemoryMap.Data + 0x80000;

    /// <summary>An area for each CPU.</summary>
    public const uint PerCpu = MemoryMap.Data + 0x100000, PerCpuBytes = 0x10000;

    public static uint Word(int index) => Words + (uint)index * WordBytes;

    public static uint Page(int index) => Pages + (uint)index * 0x1000;

    public static uint WindowPage(int index) => Window + (uint)index * 0x1000;

    public static uint WindowEntry(int index) => WindowTable + (uint)index * 8;
}
