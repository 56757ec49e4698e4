using Tcg.Mttcg.Memory.Host;
using Tcg.Mttcg.Memory.Paging;
using Tcg.Mttcg.Memory.Physical;
using Tcg.Mttcg.Memory.Tlb;

namespace Tcg.Mttcg.Memory.Tests.Tlb;

/// <summary>A soft TLB over real tables, a small physical map, and translated code's fast path in C#.</summary>
internal sealed unsafe class TlbFixture : IDisposable
{
    public const ulong RamBytes = 4UL << 20;
    public const ulong RomAt = 0xf0000000;
    public const ulong MmioAt = 0xfe000000;

    private readonly HostMapping _tables = HostMapping.Allocate(TlbLayout.MmuIndexes * (ulong)TlbLayout.TableBytes);
    private readonly HostMapping _masks = HostMapping.Allocate(4096);

    public TlbFixture(TlbOptions? options = null)
    {
        Map = new(Ram);
        Region = new("device", new Physical.FakeDevice(), 0x10000, null);
        Map.Change(edit =>
        {
            edit.Ram(new(0), new(0), RamBytes);
            edit.Rom(new(RomAt), Ram.AllocateAuxiliary(0x10000), 0x10000);
            edit.Mmio(new(MmioAt), Region);
        });
        Tlb = new(_tables.Bytes, (uint*)_masks.Bytes, options);
    }

    public GuestRam Ram { get; } = new(RamBytes);
    public PhysicalMap Map { get; }
    public MmioRegion Region { get; }
    public SoftTlb Tlb { get; }

    public uint Mask(MmuIndex index) => ((uint*)_masks.Bytes)[(int)index];

    public TlbEntry* Table(MmuIndex index) => (TlbEntry*)(_tables.Bytes + (int)index * (long)TlbLayout.TableBytes);

    public void Fill(MmuIndex index, ulong address, ulong physical, PageRights rights = PageRights.All,
        TlbFlags flags = TlbFlags.None, bool global = false, byte shift = PageSize.Shift)
    {
        var walk = new WalkResult
        {
            Physical = new(physical),
            PageShift = shift,
            Rights = rights,
            Attributes = global ? PageAttributes.Global : PageAttributes.None,
        };
        Tlb.Fill(index, new(address), walk, Map.FindPage(new(physical)), flags);
    }

    /// <summary>What translated code does: the host address, or 0 for the slow path.</summary>
    public ulong Fast(MmuIndex index, ulong address, AccessKind kind, int size = 1)
    {
        var entry = (byte*)Table(index) + ((address >> (PageSize.Shift - TlbEntry.SizeShift)) & Mask(index));
        var x = address ^ *(ulong*)(entry + (int)kind);
        return x > (ulong)(PageSize.Bytes - size) ? 0 : *(ulong*)(entry + TlbEntry.HostPageOffset) + x;
    }

    public ulong HostOf(ulong physical) => Map.Find(new(physical)).HostOf(new(physical)).Value;

    public void Dispose()
    {
        Ram.Dispose();
        _tables.Dispose();
        _masks.Dispose();
    }
}
