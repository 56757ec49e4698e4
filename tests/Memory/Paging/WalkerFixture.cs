using Tcg.Mttcg.Memory.Pages;
using Tcg.Mttcg.Memory.Paging;
using Tcg.Mttcg.Memory.Physical;
using Tcg.Mttcg.Memory.Tlb;

namespace Tcg.Mttcg.Memory.Tests.Paging;

/// <summary>RAM with a map and a walker, and a chain of tables built level by level at 0x10000, 0x11000 and so on.</summary>
internal sealed class WalkerFixture : IDisposable
{
    public const ulong TablesAt = 0x10000;
    public const ulong P = 1, W = 2, U = 4, A = 0x20, D = 0x40, Ps = 0x80, G = 0x100, Nx = 1UL << 63;
    public const ulong Wp = PagingState.Cr0WriteProtect, Pse = PagingState.Cr4PageSizeExtensions, Pge = PagingState.Cr4GlobalPages;
    public const ulong Smep = PagingState.Cr4Smep, Smap = PagingState.Cr4Smap, Pke = PagingState.Cr4ProtectionKeys;
    public const ulong Nxe = PagingState.EferNoExecute;
    private const ulong Pg = PagingState.Cr0Paging, Pae = PagingState.Cr4PhysicalAddressExtension;

    public WalkerFixture()
    {
        Map = new(Ram);
        Map.Change(edit => edit.Ram(new(0), new(0), 4UL << 20));
        Tracking = new(new(Ram.EndPage), new(Ram.EndPage));
        Memory = new(Map, Tracking);
        Walker = new(Memory);
    }

    public GuestRam Ram { get; } = new(4UL << 20);
    public PhysicalMap Map { get; }
    public StoreTracking Tracking { get; }
    public PhysicalMemory Memory { get; }
    public PageWalker Walker { get; }

    public static PagingState State(PagingMode mode, ulong cr0 = Wp, ulong cr4 = 0, ulong efer = 0, uint pkru = 0) => new(
        Cr0: mode == PagingMode.None ? cr0 : cr0 | Pg,
        Cr3: TablesAt,
        Cr4: cr4 | (mode >= PagingMode.Pae ? Pae : 0) | (mode == PagingMode.FiveLevel ? PagingState.Cr4FiveLevels : 0),
        Efer: efer | (mode >= PagingMode.FourLevel ? PagingState.EferLongModeActive : 0),
        Pkru: pkru);

    /// <summary>
    /// Maps an address. The last of the entries is the leaf and is given whole; to the others the address of the next table is added.
    /// For PAE the first is the PDPTE.
    /// </summary>
    public PagingState Map1(PagingState state, ulong address, params ulong[] entries)
    {
        var narrow = state.Mode == PagingMode.Bits32;
        var top = state.Mode switch
        {
            PagingMode.Bits32 => 22,
            PagingMode.Pae => 30,
            PagingMode.FourLevel => 39,
            _ => 48,
        };
        for (var i = 0; i < entries.Length; i++)
        {
            var entry = entries[i] | (i == entries.Length - 1 ? 0 : TablesAt + (ulong)(i + 1) * 0x1000);
            var index = address >> (top - i * (narrow ? 10 : 9)) & (narrow ? 0x3ffUL : 0x1ff);
            if (state.Mode == PagingMode.Pae && i == 0)
                state = (index & 3) switch
                {
                    0 => state with { Pdpte0 = entry },
                    1 => state with { Pdpte1 = entry },
                    2 => state with { Pdpte2 = entry },
                    _ => state with { Pdpte3 = entry },
                };
            else
                Put(EntryAt(i, index, narrow), entry, narrow);
        }
        return state;
    }

    public ulong EntryOf(int level, ulong address, int shift, bool narrow) =>
        Get(EntryAt(level, address >> shift & (narrow ? 0x3ffUL : 0x1ff), narrow), narrow);

    public WalkResult Walk(PagingState state, ulong address, AccessKind kind = AccessKind.Read, MmuIndex view = MmuIndex.Kernel) =>
        Walker.Walk(state, new(address), kind, view);

    public void Put(ulong at, ulong entry, bool narrow)
    {
        if (narrow)
            Assert.True(Memory.TryWrite(new(at), (uint)entry));
        else
            Assert.True(Memory.TryWrite(new(at), entry));
    }

    public ulong Get(ulong at, bool narrow)
    {
        if (!narrow)
            return Memory.TryRead<ulong>(new(at), out var wide) ? wide : throw new InvalidOperationException();
        return Memory.TryRead<uint>(new(at), out var half) ? half : throw new InvalidOperationException();
    }

    public void Dispose() => Ram.Dispose();

    private static ulong EntryAt(int level, ulong index, bool narrow) => TablesAt + (ulong)level * 0x1000 + index * (narrow ? 4UL : 8);
}
