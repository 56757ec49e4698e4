namespace Tcg.Mttcg.Memory;

/// <summary>A guest linear (virtual) address, before paging. 64 bits, canonical or not.</summary>
public readonly record struct GuestVirtual(ulong Value)
{
    public ulong PageBase => Value & PageSize.Mask;
    public uint PageOffset => (uint)(Value & ~PageSize.Mask);
    public override string ToString() => $"0x{Value:x16}";
}

/// <summary>A guest physical address: what the page walker yields and the physical map resolves.</summary>
public readonly record struct GuestPhysical(ulong Value)
{
    public ulong PageBase => Value & PageSize.Mask;
    public uint PageOffset => (uint)(Value & ~PageSize.Mask);
    public override string ToString() => $"0x{Value:x}";
}

/// <summary>
/// A byte offset into the machine's one RAM mapping. Page descriptors, dirty bitmaps and TBs are keyed by it, so aliases of a page share
/// one descriptor.
/// </summary>
public readonly record struct RamOffset(ulong Value)
{
    public RamPage Page => new((uint)(Value >> PageSize.Shift));
    public override string ToString() => $"ram+0x{Value:x}";
}

/// <summary>The index of a 4 KiB page of guest RAM (<see cref="RamOffset"/> divided by 4096).</summary>
public readonly record struct RamPage(uint Index)
{
    public static readonly RamPage None = new(uint.MaxValue);
    public bool IsNone => Index == uint.MaxValue;
    public RamOffset Start => new((ulong)Index << PageSize.Shift);
}

/// <summary>The x86 base page.</summary>
public static class PageSize
{
    public const int Shift = 12;
    public const int Bytes = 1 << Shift;
    public const ulong Mask = ~(ulong)(Bytes - 1);
}
