using Tcg.Mttcg.Guests.BareMetal;

namespace Tcg.Mttcg.Guests.Demo;

/// <summary>The demo guest's memory, one word per 64-byte line where CPUs contend for it.</summary>
internal static class DemoMap
{
    public const uint Barrier = MemoryMap.Data, PrintLock = MemoryMap.Data + 0x80, NextRow = MemoryMap.Data + 0x100, SpinLock = MemoryMap.Data + 0x140,
        Guarded = MemoryMap.Data + 0x180, Atomic = MemoryMap.Data + 0x1c0, Failures = MemoryMap.Data + 0x200, Acknowledged = MemoryMap.Data + 0x240,
        Stale = MemoryMap.Data + 0x280;

    /// <summary>One text line for each CPU.</summary>
    public const uint Lines = MemoryMap.Data + 0x1000, LineBytes = 128;

    /// <summary>The code that one CPU patches and the others run.</summary>
    public const uint Patched = MemoryMap.Data + 0x10000;

    /// <summary>The two pages that <see cref="Window"/> is mapped to in turn, and their page table.</summary>
    public const uint PageA = MemoryMap.Data + 0x20000, PageB = MemoryMap.Data + 0x21000, WindowTable = MemoryMap.Data + 0x22000;

    public const uint InterruptTable = MemoryMap.Data + 0x30000, InterruptTablePointer = MemoryMap.Data + 0x31000;

    /// <summary>A linear address in the second GiB, and the page directory that covers it.</summary>
    public const uint Window = 0x40000000, WindowDirectory = MemoryMap.PageTables + 0x3000;

    public const byte ShootdownVector = 0x40;
}
