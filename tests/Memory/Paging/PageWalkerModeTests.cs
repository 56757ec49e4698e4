using Tcg.Mttcg.Memory.Paging;
using Tcg.Mttcg.Memory.Tlb;
using static Tcg.Mttcg.Memory.Tests.Paging.WalkerFixture;

namespace Tcg.Mttcg.Memory.Tests.Paging;

/// <summary>Formats: each mode and page size finds its page, and refuses what it must.</summary>
public sealed class PageWalkerModeTests : IDisposable
{
    private const ulong All = P | W | U;
    private readonly WalkerFixture _f = new();

    public void Dispose() => _f.Dispose();

    [Fact]
    public void Without_paging_a_linear_address_is_physical_and_has_32_bits()
    {
        var result = _f.Walk(State(PagingMode.None), 0xffff_ffff_1234_5678, AccessKind.Write, MmuIndex.User);
        Assert.False(result.IsFault);
        Assert.Equal(new GuestPhysical(0x1234_5678), result.Physical);
        Assert.Equal(PageRights.All, result.Rights);
    }

    //          mode                  cr4  leaf            expected         shift  entries above the leaf
    [Theory]
    [InlineData(PagingMode.Bits32,    0UL, 0x0012_3000UL,           0x0012_3abcUL,           12, 1)]
    [InlineData(PagingMode.Bits32,    0UL, 0xffff_f000UL,           0xffff_fabcUL,           12, 1)]
    [InlineData(PagingMode.Bits32,    Pse, 0x0040_0080UL,           0x0074_5abcUL,           22, 0)]
    [InlineData(PagingMode.Bits32,    Pse, 0x0040_0080UL | 0xff << 13, 0xff_0074_5abcUL,     22, 0)]
    [InlineData(PagingMode.Pae,       0UL, 0x0012_3000UL,           0x0012_3abcUL,           12, 2)]
    [InlineData(PagingMode.Pae,       0UL, 0xff_ffff_f000UL,        0xff_ffff_fabcUL,        12, 2)]
    [InlineData(PagingMode.Pae,       0UL, 0x0060_0080UL,           0x0074_5abcUL,           21, 1)]
    [InlineData(PagingMode.FourLevel, 0UL, 0x12_3456_7000UL,        0x12_3456_7abcUL,        12, 3)]
    [InlineData(PagingMode.FourLevel, 0UL, 0x12_3460_0080UL,        0x12_3474_5abcUL,        21, 2)]
    [InlineData(PagingMode.FourLevel, 0UL, 0x12_4000_0080UL,        0x12_6774_5abcUL,        30, 1)]
    [InlineData(PagingMode.FiveLevel, 0UL, 0x12_3456_7000UL,        0x12_3456_7abcUL,        12, 4)]
    [InlineData(PagingMode.FiveLevel, 0UL, 0x12_3460_0080UL,        0x12_3474_5abcUL,        21, 3)]
    [InlineData(PagingMode.FiveLevel, 0UL, 0x12_4000_0080UL,        0x12_6774_5abcUL,        30, 2)]
    public void Each_mode_and_page_size_finds_its_page(PagingMode mode, ulong cr4, ulong leaf, ulong expected, int shift, int above)
    {
        const ulong address = 0xffab_cdef_6774_5abc;
        var entries = Enumerable.Repeat(All, above).Append(leaf | P | W).ToArray();
        if (mode == PagingMode.Pae)
            entries[0] = P;
        var state = _f.Map1(State(mode, cr4: cr4), address, entries);
        var result = _f.Walk(state, address);
        Assert.False(result.IsFault, result.ErrorCode.ToString());
        Assert.Equal(new GuestPhysical(expected), result.Physical);
        Assert.Equal(shift, result.PageShift);
        Assert.True(_f.Walker.TryTranslate(state, new(address), out var debug));
        Assert.Equal(result.Physical, debug);
    }

    [Fact]
    public void The_page_size_bit_of_a_32_bit_directory_is_ignored_without_pse()
    {
        var state = _f.Map1(State(PagingMode.Bits32), 0x40_1000, P | W | Ps, 0x5000 | P | W);
        Assert.Equal(new GuestPhysical(0x5000), _f.Walk(state, 0x40_1000).Physical);
    }

    [Theory]
    [InlineData(PagingMode.Bits32, 2)]
    [InlineData(PagingMode.Pae, 3)]
    [InlineData(PagingMode.FourLevel, 4)]
    [InlineData(PagingMode.FiveLevel, 5)]
    public void An_absent_entry_at_any_level_is_a_fault_without_the_present_bit(PagingMode mode, int levels)
    {
        for (var absent = 0; absent < levels; absent++)
        {
            var entries = Enumerable.Repeat(All, levels).ToArray();
            if (mode == PagingMode.Pae)
                entries[0] = P;
            // Whatever else an absent entry holds belongs to the guest's kernel.
            entries[absent] = (mode == PagingMode.Bits32 ? uint.MaxValue : ulong.MaxValue) & ~0x1_f001UL;
            var state = _f.Map1(State(mode, efer: Nxe), 0x1000, entries);
            Assert.Equal(PageFaultBits.None, _f.Walk(state, 0x1000).ErrorCode);
            Assert.True(_f.Walk(state, 0x1000).IsFault);
            Assert.Equal(PageFaultBits.User | PageFaultBits.Write, _f.Walk(state, 0x1000, AccessKind.Write, MmuIndex.User).ErrorCode);
            Assert.False(_f.Walker.TryTranslate(state, new(0x1000), out _));
        }
    }

    //          mode                  leaf level (0 is the top) and bits of that entry, with 40 physical bits
    [Theory]
    [InlineData(PagingMode.Bits32,    0, Ps | 1UL << 21,  true)]
    [InlineData(PagingMode.Bits32,    0, Ps | 1UL << 20,  false)]
    [InlineData(PagingMode.Pae,       1, 1UL << 40,       true)]
    [InlineData(PagingMode.Pae,       1, 1UL << 62,       true)]
    [InlineData(PagingMode.Pae,       2, 1UL << 52,       true)]
    [InlineData(PagingMode.Pae,       2, Nx,              true)]
    [InlineData(PagingMode.Pae,       1, Ps | 1UL << 13,  true)]
    [InlineData(PagingMode.Pae,       1, Ps | 1UL << 20,  true)]
    [InlineData(PagingMode.Pae,       1, Ps | 1UL << 12,  false)]
    [InlineData(PagingMode.FourLevel, 0, Ps,              true)]
    [InlineData(PagingMode.FourLevel, 0, 1UL << 51,       true)]
    [InlineData(PagingMode.FourLevel, 0, 1UL << 52,       false)]
    [InlineData(PagingMode.FourLevel, 1, 1UL << 40,       true)]
    [InlineData(PagingMode.FourLevel, 1, Ps | 1UL << 13,  true)]
    [InlineData(PagingMode.FourLevel, 1, Ps | 1UL << 29,  true)]
    [InlineData(PagingMode.FourLevel, 1, Ps | 1UL << 12,  false)]
    [InlineData(PagingMode.FourLevel, 2, Ps | 1UL << 20,  true)]
    [InlineData(PagingMode.FourLevel, 2, Ps | 1UL << 12,  false)]
    [InlineData(PagingMode.FourLevel, 3, 1UL << 45,       true)]
    [InlineData(PagingMode.FourLevel, 3, 1UL << 62,       false)]
    [InlineData(PagingMode.FourLevel, 3, Ps,              false)]
    [InlineData(PagingMode.FourLevel, 3, Nx,              true)]
    [InlineData(PagingMode.FourLevel, 0, Nx,              true)]
    [InlineData(PagingMode.FiveLevel, 0, Ps,              true)]
    [InlineData(PagingMode.FiveLevel, 1, Ps,              true)]
    [InlineData(PagingMode.FiveLevel, 4, 1UL << 40,       true)]
    public void Reserved_bits_fault_with_present_and_reserved(PagingMode mode, int level, ulong bits, bool reserved)
    {
        var levels = mode switch { PagingMode.Bits32 => 2, PagingMode.Pae => 3, PagingMode.FourLevel => 4, _ => 5 };
        var leaf = (bits & Ps) != 0 ? level : levels - 1;
        var entries = Enumerable.Repeat(All, leaf + 1).ToArray();
        if (mode == PagingMode.Pae)
            entries[0] = P;
        entries[level] |= bits;
        var state = _f.Map1(State(mode, cr4: Pse), 0, entries);
        var result = _f.Walk(state, 0, AccessKind.Write, MmuIndex.User);
        Assert.Equal(reserved, result.IsFault);
        if (reserved)
            Assert.Equal(PageFaultBits.Present | PageFaultBits.Reserved | PageFaultBits.Write | PageFaultBits.User, result.ErrorCode);
    }

    [Theory]
    [InlineData(32, 13, true)]
    [InlineData(36, 17, true)]
    [InlineData(36, 16, false)]
    [InlineData(52, 20, false)]
    [InlineData(52, 21, true)]
    public void Pse36_bits_beyond_the_physical_address_are_reserved(byte physicalBits, int bit, bool reserved)
    {
        var state = State(PagingMode.Bits32, cr4: Pse) with { PhysicalBits = physicalBits };
        _f.Map1(state, 0, P | Ps | 1UL << bit);
        Assert.Equal(reserved, _f.Walk(state, 0).IsFault);
    }

    [Fact]
    public void Nx_is_no_reserved_bit_with_nxe()
    {
        var state = _f.Map1(State(PagingMode.FourLevel, efer: Nxe), 0, All, All, All, All | Nx);
        Assert.False(_f.Walk(state, 0).IsFault);
    }

    [Fact]
    public void All_four_pdptes_are_used_and_loaded_with_their_reserved_bits_checked()
    {
        for (var i = 0; i < 4; i++)
            _f.Put(TablesAt + 0x20 + (ulong)i * 8, 0x20000UL + (ulong)i * 0x1000 | P, narrow: false);
        var state = State(PagingMode.Pae) with { Cr3 = TablesAt + 0x20 };
        Assert.True(_f.Walker.TryLoadPdptes(state, out state));
        for (var i = 0; i < 4; i++)
        {
            _f.Put(0x20000UL + (ulong)i * 0x1000, (ulong)i << 21 | P | Ps, narrow: false);
            Assert.Equal(new GuestPhysical(((ulong)i << 21) + 5), _f.Walk(state, ((ulong)i << 30) + 5).Physical);
        }
        foreach (var bit in new[] { 1, 2, 5, 6, 7, 8, 40, 62, 63 })
        {
            _f.Put(TablesAt + 0x38, 0x23000 | P | 1UL << bit, narrow: false);
            Assert.False(_f.Walker.TryLoadPdptes(state, out var unchanged));
            Assert.Equal(state, unchanged);
            _f.Put(TablesAt + 0x38, 0x23000 | 1UL << bit, narrow: false);
            Assert.True(_f.Walker.TryLoadPdptes(state, out _));
        }
    }

    [Theory]
    [InlineData(PagingMode.Bits32, 0xf000_0000UL)]
    [InlineData(PagingMode.Pae, 0xf000_0000UL)]
    [InlineData(PagingMode.FourLevel, 0xf_f000_0000UL)]
    [InlineData(PagingMode.FiveLevel, ulong.MaxValue)]
    public void Tables_outside_ram_fault_and_nothing_breaks(PagingMode mode, ulong cr3)
    {
        var state = State(mode, cr4: Pse) with { Cr3 = cr3, Pdpte0 = cr3 | P, Pdpte1 = cr3 | P };
        foreach (var address in new ulong[] { 0, 0x4000_0000, ulong.MaxValue })
            foreach (var kind in new[] { AccessKind.Read, AccessKind.Write, AccessKind.Execute })
                Assert.True(_f.Walk(state, address, kind).IsFault);
    }

    [Fact]
    public void Tables_in_rom_are_walked_and_stay_as_they_are()
    {
        var rom = _f.Ram.AllocateAuxiliary(0x1000);
        _f.Map.Change(edit => edit.Rom(new(0xfff00000), rom, 0x1000));
        Assert.True(_f.Memory.TryLoad(new(0xfff00000), BitConverter.GetBytes((uint)(P | W | Ps))));
        var state = State(PagingMode.Bits32, cr4: Pse) with { Cr3 = 0xfff00000 };
        Assert.False(_f.Walk(state, 0, AccessKind.Write).IsFault);
        Assert.Equal(P | W | Ps, _f.Get(0xfff00000, narrow: true));
    }

    [Fact]
    public void A_table_that_points_to_itself_ends()
    {
        var state = _f.Map1(State(PagingMode.FiveLevel), 0, All);
        _f.Put(TablesAt, TablesAt | All, narrow: false);
        var result = _f.Walk(state, 0);
        Assert.Equal(new GuestPhysical(TablesAt), result.Physical);
    }

    [Theory]
    [InlineData(0x0000_7fff_ffff_ffffUL, true, true)]
    [InlineData(0x0000_8000_0000_0000UL, false, true)]
    [InlineData(0xffff_8000_0000_0000UL, true, true)]
    [InlineData(0xffff_7fff_ffff_ffffUL, false, true)]
    [InlineData(0x00ff_ffff_ffff_ffffUL, false, true)]
    [InlineData(0x0100_0000_0000_0000UL, false, false)]
    [InlineData(0xff00_0000_0000_0000UL, false, true)]
    [InlineData(0xfeff_ffff_ffff_ffffUL, false, false)]
    public void Canonical_addresses_repeat_their_top_bit(ulong address, bool four, bool five)
    {
        Assert.Equal(four, PagingState.IsCanonical(new(address), 4));
        Assert.Equal(five, PagingState.IsCanonical(new(address), 5));
    }

    [Fact]
    public void Random_tables_never_break_the_walker()
    {
        var random = new Random(5);
        var garbage = new byte[0x40000];
        for (var round = 0; round < 40; round++)
        {
            random.NextBytes(garbage);
            // Mostly small, present entries, so that walks get deep.
            for (var i = 0; i < garbage.Length; i += 8)
                if (random.Next(3) != 0)
                    BitConverter.TryWriteBytes(garbage.AsSpan(i), ((ulong)random.Next(0x50) << 12) | (uint)random.Next(0x200) | P);
            Assert.True(_f.Memory.TryWrite(new(TablesAt), garbage));
            for (var i = 0; i < 500; i++)
            {
                var state = new PagingState(
                    Wp * (ulong)random.Next(2) | 1UL << 31, (ulong)random.Next(0x50) << 12, (ulong)random.NextInt64(), (ulong)random.Next(0x1000),
                    (uint)random.Next(), (ulong)random.NextInt64(), 0x11001, 0x12001, 0x13001, (byte)random.Next(32, 53));
                var address = (ulong)random.NextInt64();
                var kind = (AccessKind)(random.Next(3) * 8);
                var view = (MmuIndex)random.Next(3);
                var probe = _f.Walker.Probe(state, new(address), kind, view);
                var walk = _f.Walk(state, address, kind, view);
                if (probe.IsFault)
                    Assert.Equal(probe.ErrorCode & PageFaultBits.User, view == MmuIndex.User ? PageFaultBits.User : PageFaultBits.None);
                else
                    Assert.True((probe.Physical.Value >> state.PhysicalBits) == 0 && walk.PageShift is 0 or 12 or 21 or 22 or 30);
            }
        }
    }
}
