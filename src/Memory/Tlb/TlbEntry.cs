using System.Runtime.InteropServices;

namespace Tcg.Mttcg.Memory.Tlb;

/// <summary>
/// One soft-TLB entry, 32 bytes, read by translated code.
/// <para>
/// Fast path, for an access of n bytes at linear address a, with i the index of a's page in the table:
/// <c>x = a ^ entry[i].Tag; if (x &gt; 4096 - n) slow; host = entry[i].HostPage + x</c>. One compare finds a wrong page and a page crossing.
/// </para>
/// <para>
/// A usable tag is the page's base address. Any other tag has bit 12 flipped against the index at which the entry sits, so no address that
/// indexes here, canonical or not, can ever match it; its low 12 bits carry <see cref="TlbFlags"/> for the slow path.
/// </para>
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
public struct TlbEntry
{
    public const int Size = 32;
    public const int SizeShift = 5;
    public const int ReadTagOffset = 0;
    public const int WriteTagOffset = 8;
    public const int CodeTagOffset = 16;
    public const int HostPageOffset = 24;

    [FieldOffset(ReadTagOffset)] public ulong ReadTag;
    [FieldOffset(WriteTagOffset)] public ulong WriteTag;
    [FieldOffset(CodeTagOffset)] public ulong CodeTag;

    /// <summary>Host address of the page's first byte; 0 for MMIO.</summary>
    [FieldOffset(HostPageOffset)] public ulong HostPage;
}

/// <summary>Why an access must take the slow path. Low bits of a tag whose bit 12 is flipped.</summary>
[Flags]
public enum TlbFlags : uint
{
    None = 0,
    /// <summary>No translation here.</summary>
    Invalid = 1,
    /// <summary>The page holds code, or a dirty bitmap wants to hear of the first store.</summary>
    NotDirty = 2,
    Mmio = 4,
    Watchpoint = 8,
    /// <summary>Stores are dropped (ROM).</summary>
    DiscardWrite = 16,
}

/// <summary>The privilege view of an access: which of a vCPU's tables is used. Chosen at translation time.</summary>
public enum MmuIndex : byte
{
    /// <summary>CPL 3, and WRUSS-like accesses.</summary>
    User = 0,
    /// <summary>CPL below 3 with SMAP in force (or CR4.SMAP clear).</summary>
    Kernel = 1,
    /// <summary>CPL below 3 with EFLAGS.AC overriding SMAP (SDM 3A 4.6.1).</summary>
    KernelNoSmap = 2,
}

/// <summary>Sizes and places that translated code and the TLB's owner agree on.</summary>
public static class TlbLayout
{
    public const int MmuIndexes = 3;
    public const int MinEntriesShift = 8;
    public const int MaxEntriesShift = 14;
    public const int TableBytes = TlbEntry.Size << MaxEntriesShift;

    /// <summary>A byte mask: index of page p is <c>(a &gt;&gt; 7) &amp; mask</c>, already scaled by the entry size.</summary>
    public static uint MaskFor(int entriesShift) => ((1u << entriesShift) - 1) << TlbEntry.SizeShift;
}

/// <summary>What an access intends; the value is the tag's offset in <see cref="TlbEntry"/>.</summary>
public enum AccessKind : byte
{
    Read = TlbEntry.ReadTagOffset,
    Write = TlbEntry.WriteTagOffset,
    Execute = TlbEntry.CodeTagOffset,
}
