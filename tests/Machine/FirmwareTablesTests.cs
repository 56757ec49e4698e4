using System.Text;
using Tcg.Mttcg.Machine.Firmware;
using Tcg.Mttcg.Machine.Tests.Support;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Tests;

public sealed class FirmwareTablesTests
{
    private readonly FakeMemory _memory = new(32 << 20);

    private ulong Write(int cpus, bool pc = true, int serial = 1) => Write(new CpuTopology(cpus), pc, serial);

    private ulong Write(CpuTopology topology, bool pc = true, int serial = 1) => FirmwareTables.Write(
        new FirmwareOptions { ApicIds = topology.ApicIds, SerialPorts = serial, HasPci = pc, HasKeyboard = pc, HasVga = pc, HasHpet = pc }, _memory);

    private byte[] Bytes(ulong address, int length) => _memory.Span(address, length).ToArray();

    private static int Sum(byte[] bytes) => bytes.Sum(b => b) & 0xff;

    private static string Text(byte[] bytes, int offset, int length) => Encoding.ASCII.GetString(bytes, offset, length);

    private byte[] Table(ulong address) => Bytes(address, (int)_memory.Read32(address + 4));

    private Dictionary<string, byte[]> Tables(ulong rsdp)
    {
        var xsdt = Table(_memory.Read64(rsdp + 24));
        return Enumerable.Range(0, (xsdt.Length - 36) / 8).Select(i => Table(BitConverter.ToUInt64(xsdt, 36 + i * 8))).ToDictionary(t => Text(t, 0, 4));
    }

    /// <summary>Splits the entries of a MADT: type and bytes.</summary>
    private static List<byte[]> Entries(byte[] madt)
    {
        var entries = new List<byte[]>();
        for (int at = 44; at < madt.Length; at += madt[at + 1]) entries.Add(madt[at..(at + madt[at + 1])]);
        return entries;
    }

    [Fact]
    public void The_root_pointer_is_found_on_a_16_byte_boundary_with_both_checksums()
    {
        ulong rsdp = Write(2);
        var pointer = Bytes(rsdp, 36);
        Assert.Equal(0ul, rsdp % 16);
        Assert.InRange(rsdp, 0xe0000ul, 0xffff0ul);
        Assert.Equal("RSD PTR ", Text(pointer, 0, 8));
        Assert.Equal(2, pointer[15]);
        Assert.Equal(0, Sum(pointer[..20]));
        Assert.Equal(0, Sum(pointer));
    }

    [Fact]
    public void Rsdt_and_xsdt_list_the_same_tables_and_all_checksums_hold()
    {
        ulong rsdp = Write(4);
        var rsdt = Table(_memory.Read32(rsdp + 16));
        var xsdt = Table(_memory.Read64(rsdp + 24));
        var narrow = Enumerable.Range(0, (rsdt.Length - 36) / 4).Select(i => (ulong)BitConverter.ToUInt32(rsdt, 36 + i * 4));
        var wide = Enumerable.Range(0, (xsdt.Length - 36) / 8).Select(i => BitConverter.ToUInt64(xsdt, 36 + i * 8));
        Assert.Equal(narrow, wide);
        Assert.Equal(["APIC", "FACP", "HPET"], Tables(rsdp).Keys.Order());
        foreach (var table in Tables(rsdp).Values.Append(rsdt).Append(xsdt)) Assert.Equal(0, Sum(table));
    }

    [Fact]
    public void The_fadt_names_the_ports_the_board_answers_on()
    {
        var fadt = Tables(Write(1))["FACP"];
        Assert.Equal(244, fadt.Length);
        Assert.Equal(9, BitConverter.ToUInt16(fadt, 46));
        Assert.Equal((0x600u, 0x604u, 0x608u), (BitConverter.ToUInt32(fadt, 56), BitConverter.ToUInt32(fadt, 64), BitConverter.ToUInt32(fadt, 76)));
        Assert.Equal(1u << 10, BitConverter.ToUInt32(fadt, 112) & 1u << 10);
        Assert.Equal((1, 8, 0xcf9ul, 6), (fadt[116], fadt[117], BitConverter.ToUInt64(fadt, 120), fadt[128]));
        Assert.Equal((1, 32, 3, 0x608ul), (fadt[208], fadt[209], fadt[211], BitConverter.ToUInt64(fadt, 212)));
        uint facs = BitConverter.ToUInt32(fadt, 36), dsdt = BitConverter.ToUInt32(fadt, 40);
        Assert.Equal(facs, BitConverter.ToUInt64(fadt, 132));
        Assert.Equal(dsdt, BitConverter.ToUInt64(fadt, 140));
        Assert.Equal(0u, facs % 64);
        Assert.Equal("FACS", Text(Table(facs), 0, 4));
        Assert.Equal("DSDT", Text(Table(dsdt), 0, 4));
        Assert.Equal(0, Sum(Table(dsdt)));
    }

    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(16, 16, 0)]
    [InlineData(255, 255, 0)]
    [InlineData(256, 255, 1)]
    public void The_madt_lists_each_processor_once_and_id_255_as_x2apic(int cpus, int narrow, int wide)
    {
        var entries = Entries(Tables(Write(cpus))["APIC"]);
        var ids = entries.Where(e => e[0] == 0).Select(e => (uint)e[3]).Concat(entries.Where(e => e[0] == 9).Select(e => BitConverter.ToUInt32(e, 4)));
        Assert.Equal(Enumerable.Range(0, cpus).Select(i => (uint)i), ids);
        Assert.Equal((narrow, wide), (entries.Count(e => e[0] == 0), entries.Count(e => e[0] == 9)));
    }

    [Fact]
    public void The_madt_routes_the_timer_to_pin_2_and_makes_the_sci_level()
    {
        var entries = Entries(Tables(Write(2))["APIC"]);
        Assert.Equal(0xfec00000u, BitConverter.ToUInt32(entries.Single(e => e[0] == 1), 4));
        var overrides = entries.Where(e => e[0] == 2).Select(e => (e[3], BitConverter.ToUInt32(e, 4), BitConverter.ToUInt16(e, 8)));
        Assert.Equal([(0, 2u, 0), (9, 9u, 0x0d)], overrides.Select(o => ((int)o.Item1, o.Item2, (int)o.Item3)));
    }

    [Fact]
    public void A_small_board_has_no_hpet_vga_or_keyboard_in_its_tables()
    {
        var tables = Tables(Write(1, pc: false));
        Assert.DoesNotContain("HPET", tables.Keys);
        Assert.Equal(5, BitConverter.ToUInt16(tables["FACP"], 109));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(256)]
    public void The_mp_table_counts_its_entries_and_both_checksums_hold(int cpus)
    {
        Write(cpus);
        ulong pointer = Enumerable.Range(0, 0x1000).Select(i => 0xf0000ul + (ulong)i * 16).First(a => Text(Bytes(a, 4), 0, 4) == "_MP_");
        Assert.Equal(0, Sum(Bytes(pointer, 16)));
        ulong address = _memory.Read32(pointer + 4);
        var table = Bytes(address, _memory.Read32(address + 4) is var word ? (int)(word & 0xffff) : 0);
        Assert.Equal("PCMP", Text(table, 0, 4));
        Assert.Equal(0, Sum(table));
        int count = 0, processors = 0, boots = 0, at = 44;
        for (; at < table.Length; at += table[at] == 0 ? 20 : 8, count++)
        {
            if (table[at] != 0) continue;
            Assert.Equal(processors++, table[at + 1]);
            if ((table[at + 3] & 2) != 0) boots++;
        }
        Assert.Equal(table.Length, at);
        Assert.Equal(BitConverter.ToUInt16(table, 34), count);
        Assert.Equal((Math.Min(cpus, 255), 1), (processors, boots));
    }

    [Fact]
    public void The_bios_data_area_names_serial_ports_base_memory_and_screen()
    {
        Write(1, serial: 2);
        Assert.Equal(0x02f803f8u, _memory.Read32(0x400));
        Assert.Equal(0u, _memory.Read32(0x404));
        Assert.Equal(639, BitConverter.ToUInt16(Bytes(0x413, 2)));
        Assert.Equal(0x9fc0, BitConverter.ToUInt16(Bytes(0x40e, 2)));
        Assert.Equal(80, Bytes(0x44a, 1)[0]);
        Assert.Equal(2 << 9, BitConverter.ToUInt16(Bytes(0x410, 2)) & 7 << 9);
    }

    [Fact]
    public void Every_interrupt_vector_points_to_an_iret()
    {
        Write(1);
        for (ulong vector = 0; vector < 256; vector++)
        {
            uint target = _memory.Read32(vector * 4);
            Assert.Equal(0xcf, Bytes((target >> 16) * 16 + (target & 0xffff), 1)[0]);
        }
    }

    [Theory]
    [InlineData(16ul << 20, 1)]
    [InlineData(3ul << 30, 1)]
    [InlineData(8ul << 30, 2)]
    public void Usable_ranges_of_the_memory_map_add_up_to_the_ram_without_holes(ulong bytes, int pieces)
    {
        var map = MemoryMap.For(new RamLayout(bytes));
        var usable = map.Where(r => r.Kind == MemoryKind.Usable && r.Start >= 0x100000).ToList();
        Assert.Equal(pieces, usable.Count);
        Assert.Equal(bytes - 0x100000, usable.Aggregate(0ul, (sum, r) => sum + r.Length));
        Assert.Equal(map.OrderBy(r => r.Start), map);
        for (int i = 1; i < map.Count; i++) Assert.True(map[i - 1].End <= map[i].Start);
    }

    [Fact]
    public void Apic_ids_leave_holes_where_a_package_has_no_power_of_two_of_cores()
    {
        var entries = Entries(Tables(Write(new CpuTopology(6, 2, 3, 1)))["APIC"]).Where(entry => entry[0] == 0);
        Assert.Equal([(0, 0), (1, 1), (2, 2), (3, 4), (4, 5), (5, 6)], entries.Select(entry => ((int)entry[2], (int)entry[3])));
    }

    [Fact]
    public void Apic_ids_beyond_a_byte_are_x2apic_entries_however_few_processors_there_are()
    {
        var madt = Entries(Tables(Write(new CpuTopology(9, 9, 1, 33)))["APIC"]);
        Assert.Equal(9, madt.Count(entry => entry[0] == 0));
        madt = Entries(Tables(Write(new CpuTopology(200, 10, 1, 33)))["APIC"]);
        Assert.Equal((132, 68), (madt.Count(entry => entry[0] == 0), madt.Count(entry => entry[0] == 9)));
        Assert.Contains(madt, entry => entry[0] == 10);
    }
}
