using Tcg.Mttcg.Machine.Chipset;
using Tcg.Mttcg.Machine.Pci;
using Tcg.Mttcg.Machine.Tests.Support;
using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Contracts;
using Tcg.Mttcg.Memory.Physical;

namespace Tcg.Mttcg.Machine.Tests.Pci;

public sealed class PciFunctionTests : IDisposable
{
    private const uint Enable = 0x8000_0000;
    private const int Slot = 5, Command = 0x04, Bar0 = 0x10, Bar1 = 0x14, Bar2 = 0x18;

    private readonly GuestRam _ram = new(1 << 20);
    private readonly PhysicalMap _map;
    private readonly PciBus _bus = new();
    private readonly PciHost _host;
    private readonly RecordingLine _line = new();
    private readonly PciFunction _function;

    public PciFunctionTests()
    {
        _map = new PhysicalMap(_ram);
        _map.Change(edit => edit.Ram(new GuestPhysical(0), new RamOffset(0), _ram.Length));
        _host = new PciHost(new ResetControl(new RecordingControl()), _bus);
        _function = new PciFunction(new PciIdentity(0x1234, 0x5678, 0x020304, 7, 0x9abc, 0xdef0), _line, request: 11);
        _function.Add(0, new MmioRegion("narrow", new Echo(0x11), 0x1000, gate: null));
        _function.Add(1, new MmioRegion("wide", new Echo(0x22), 0x4000, gate: null), is64: true, prefetchable: true);
        _function.Add(new PciCapability(0x09, 0xaa, 0xbb));
        _function.Add(new PciCapability(0x05, 0xcc));
        _bus.Add(Slot, _function, new Gate());
        _bus.Connect(_map);
    }

    public void Dispose() => _ram.Dispose();

    private uint Read(int register, int size = 4, int slot = Slot)
    {
        _host.Write(0, 4, Enable | (uint)slot << 11 | (uint)register & 0xfc);
        return _host.Read((ushort)(4 + (register & 3)), size);
    }

    private void Write(int register, uint value, int size = 4)
    {
        _host.Write(0, 4, Enable | Slot << 11 | (uint)register & 0xfc);
        _host.Write((ushort)(4 + (register & 3)), size, value);
    }

    private string? At(ulong address) => _map.Find(new GuestPhysical(address)) is { Kind: PhysicalKind.Mmio } section ? section.Region!.Name : null;

    [Fact]
    public void The_header_says_what_the_function_is()
    {
        Assert.Equal(0x56781234u, Read(0));
        Assert.Equal(0x02030407u, Read(8));
        Assert.Equal(0xdef09abcu, Read(0x2c));
        Assert.Equal(0x010bu, Read(0x3c, 2));
        Write(0, 0);
        Assert.Equal(0x56781234u, Read(0));
    }

    [Fact]
    public void Empty_slots_other_functions_and_other_buses_read_as_ones()
    {
        Assert.Equal(uint.MaxValue, Read(0, slot: 6));
        foreach (uint address in new uint[] { Enable | Slot << 11 | 1 << 8, Enable | 1 << 16 | Slot << 11, Slot << 11 })
        {
            _host.Write(0, 4, address);
            Assert.Equal(uint.MaxValue, _host.Read(4, 4));
        }
    }

    [Fact]
    public void Capabilities_are_a_list()
    {
        Assert.Equal(1u << 4, Read(0x06, 2) & 1 << 4);
        int first = (int)Read(0x34, 1);
        Assert.Equal(0xbbaau << 16 | 0x09, Read(first) & 0xffff00ff);
        int second = (int)Read(first + 1, 1);
        Assert.Equal(0x05u, Read(second, 1));
        Assert.Equal(0xccu, Read(second + 2, 1));
        Assert.Equal(0u, Read(second + 1, 1));
    }

    [Fact]
    public void Writing_ones_to_a_base_address_shows_its_size_and_type()
    {
        foreach (int bar in new[] { Bar0, Bar1, Bar2 }) Write(bar, uint.MaxValue);
        Assert.Equal(0xfffff000u, Read(Bar0));
        Assert.Equal(0xffffc00cu, Read(Bar1));
        Assert.Equal(0xffffffffu, Read(Bar2));
        Assert.Equal(0u, Read(0x1c));
    }

    [Fact]
    public void A_region_appears_where_its_base_address_says_once_memory_is_enabled()
    {
        Write(Bar0, 0xc0001000);
        Assert.Null(At(0xc0001000));
        Write(Command, 2, 2);
        Assert.Equal("narrow", At(0xc0001000));
        Write(Bar0, 0xc0003000);
        Assert.Null(At(0xc0001000));
        Assert.Equal("narrow", At(0xc0003fff));
        Assert.Equal(0x11ul, _map.Find(new GuestPhysical(0xc0003000)).Region!.Read(0, 1));
        Write(Command, 0, 2);
        Assert.Null(At(0xc0003000));
    }

    [Fact]
    public void A_base_address_of_64_bits_reaches_beyond_4_gigabytes()
    {
        Write(Command, 2, 2);
        Write(Bar1, 0x00004000);
        Write(Bar2, 0x12);
        Assert.Equal("wide", At(0x12_0000_4000));
        // Beyond what a physical address can be it is nowhere.
        Write(Bar2, uint.MaxValue);
        Assert.Null(At(0x12_0000_4000));
    }

    [Fact]
    public void Ram_wins_over_a_base_address_and_comes_to_no_harm()
    {
        Write(Command, 2, 2);
        Write(Bar0, 0x8000);
        Assert.Equal(PhysicalKind.Ram, _map.Find(new GuestPhysical(0x8000)).Kind);
        Write(Bar0, 0xc0000000);
        Assert.Equal(PhysicalKind.Ram, _map.Find(new GuestPhysical(0x8000)).Kind);
        Assert.Equal("narrow", At(0xc0000000));
    }

    [Fact]
    public void The_firmware_gives_every_region_an_aligned_place_of_its_own()
    {
        _bus.AssignAddresses();
        ulong narrow = Read(Bar0), wide = Read(Bar1) & ~0xfu;
        Assert.Equal(0ul, wide % 0x4000);
        Assert.True(wide >= narrow + 0x1000);
        Assert.Equal(("narrow", "wide"), (At(narrow), At(wide)));
        _function.Reset();
        Assert.Equal((null, null), (At(narrow), At(wide)));
    }

    [Fact]
    public void A_slot_is_taken_once()
    {
        Assert.Throws<ArgumentException>(() => _bus.Add(Slot, _function, new Gate()));
        Assert.Throws<ArgumentException>(() => _bus.Add(32, _function, new Gate()));
        Assert.Equal(6, _bus.FreeSlot(Slot));
    }

    [Fact]
    public void Inta_follows_the_function_unless_the_guest_cuts_it()
    {
        _function.Interrupt = true;
        Assert.True(_line.Level);
        Assert.Equal(1u << 3, Read(0x06, 2) & 1 << 3);
        Write(Command, 1 << 10, 2);
        Assert.False(_line.Level);
        Write(Command, 0, 2);
        Assert.True(_line.Level);
        _function.Interrupt = false;
        Assert.False(_line.Level);
    }

    [Fact]
    public void Any_write_to_configuration_space_is_survived()
    {
        var random = new Random(3);
        for (int i = 0; i < 20_000; i++)
        {
            int size = 1 << random.Next(3);
            Write(random.Next(256 / size) * size, (uint)random.NextInt64(), size);
        }
        Assert.Equal(0x56781234u, Read(0));
        Assert.Equal(PhysicalKind.Ram, _map.Find(new GuestPhysical(0)).Kind);
    }

    private sealed class Echo(byte value) : IMmioDevice
    {
        public ulong Read(ulong offset, int size) => value;

        public void Write(ulong offset, int size, ulong value) { }
    }
}
