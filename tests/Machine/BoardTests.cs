using Tcg.Mttcg.Machine.Boards;
using Tcg.Mttcg.Machine.Boot;
using Tcg.Mttcg.Machine.Clocks;
using Tcg.Mttcg.Machine.Serial;
using Tcg.Mttcg.Machine.Tests.Support;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Physical;

namespace Tcg.Mttcg.Machine.Tests;

public sealed class BoardTests : IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly RecordingControl _control = new();
    private readonly SerialLink _serial = new();
    private readonly Board _board;

    public BoardTests() => _board = new Board(new BoardOptions
    {
        Cpus = 2, RamBytes = 64 << 20, Serial = [_serial], DebugExit = new DebugExitOptions(0xf4, 4), Clock = _clock, Tsc = new HostTsc(_clock),
        Control = _control, TestDevice = true, DebugConsole = new SerialLink(),
    });

    public void Dispose() => _board.Dispose();

    private void Out(ushort port, uint value, int size = 1)
    {
        var range = _board.Devices.Ports.Single(r => port >= r.First && port < r.First + r.Count);
        range.Device.Write((ushort)(port - range.First), size, value);
    }

    private void WriteIoApic(uint register, uint value)
    {
        var range = _board.Devices.Mmio.Single(r => r.Name == "ioapic");
        range.Device.Write(0, 4, register);
        range.Device.Write(0x10, 4, value);
    }

    private void InitializePics()
    {
        foreach (var (port, value) in new (ushort, uint)[] { (0x20, 0x11), (0x21, 0x20), (0x21, 4), (0x21, 1), (0xa0, 0x11), (0xa1, 0x28), (0xa1, 2), (0xa1, 1), (0x21, 0), (0xa1, 0) })
            Out(port, value);
    }

    [Fact]
    public void The_timer_reaches_the_boot_processor_through_the_8259()
    {
        var kick = new CountingKick();
        _board.AttachProcessor(0, kick);
        InitializePics();
        Out(0x43, 0x34);
        Out(0x40, 0x00);
        Out(0x40, 0x10);
        _clock.Advance(10_000_000);
        Assert.True(kick.Kicks > 0);
        Assert.Equal(0x20, _board.LocalInterrupts[0].Acknowledge());
        Assert.False(_board.LocalInterrupts[1].HasInterrupt);
    }

    [Fact]
    public void The_timer_arrives_at_pin_2_of_the_ioapic()
    {
        WriteIoApic(0x10 + 2 * 2, 0x30);
        Out(0x43, 0x34);
        Out(0x40, 0x00);
        Out(0x40, 0x10);
        _clock.Advance(10_000_000);
        Assert.Equal(0x30, _board.LocalInterrupts[0].Acknowledge());
    }

    [Fact]
    public void The_first_serial_port_uses_request_4()
    {
        WriteIoApic(0x10 + 4 * 2, 0x34);
        Out(0x3fc, 0x08);
        Out(0x3f9, 0x02);
        Assert.Equal(0x34, _board.LocalInterrupts[0].Acknowledge());
        Out(0x3f8, 'A');
        Assert.True(_serial.Output.TryRead(out byte value));
        Assert.Equal((byte)'A', value);
    }

    [Fact]
    public async Task Input_from_the_host_arrives_at_the_uart()
    {
        var uart = _board.Devices.Ports.Single(r => r.First == 0x3f8);
        string text = new string('x', 100) + "!";
        foreach (char c in text) _serial.Input.TryWrite((byte)c);
        string seen = "";
        while (seen.Length < text.Length)
        {
            lock (uart.Gate.Monitor)
            {
                if ((uart.Device.Read(5, 1) & 1) != 0) seen += (char)uart.Device.Read(0, 1);
            }
            await Task.Yield();
        }
        Assert.Equal(text, seen);
    }

    [Fact]
    public void A_32_bit_write_to_the_exit_port_ends_the_machine()
    {
        Out(0xf4, 0x12345678, 4);
        Assert.Equal(["debug exit 12345678"], _control.Calls);
    }

    [Fact]
    public void Nmi_goes_to_the_boot_processor_through_lint1()
    {
        _board.RaiseNmi();
        Assert.True(_board.LocalInterrupts[0].HasEvent);
        Assert.False(_board.LocalInterrupts[1].HasEvent);
    }

    [Fact]
    public void Reset_silences_everything()
    {
        InitializePics();
        _board.IsaLine(5).Set(true);
        Assert.True(_board.LocalInterrupts[0].HasInterrupt);
        _board.Reset();
        Assert.False(_board.LocalInterrupts[0].HasInterrupt);
        Assert.Equal(-1, _board.LocalInterrupts[0].Acknowledge());
    }

    [Fact]
    public void Every_port_takes_every_value_and_size()
    {
        var random = new Random(7);
        for (int i = 0; i < 200_000; i++)
        {
            var range = _board.Devices.Ports[random.Next(_board.Devices.Ports.Count)];
            int size = 1 << random.Next(3);
            ushort offset = (ushort)random.Next(range.Count);
            if (random.Next(2) == 0) range.Device.Read(offset, size);
            else range.Device.Write(offset, size, (uint)random.NextInt64());
            if (i % 100 == 0) _clock.Advance(random.Next(100_000));
        }
    }

    [Fact]
    public void Every_register_takes_every_value_and_size()
    {
        var random = new Random(8);
        for (int i = 0; i < 200_000; i++)
        {
            var range = _board.Devices.Mmio[random.Next(_board.Devices.Mmio.Count)];
            int size = 1 << random.Next(4);
            ulong offset = (ulong)random.NextInt64((long)Math.Min(range.Bytes, 0x500)) / (ulong)size * (ulong)size;
            if (random.Next(2) == 0) range.Device.Read(offset, size);
            else range.Device.Write(offset, size, (ulong)random.NextInt64());
            if (i % 100 == 0) _clock.Advance(random.Next(100_000));
        }
    }

    [Fact]
    public void In_the_hpets_legacy_mode_the_pit_is_silent()
    {
        WriteIoApic(0x10 + 2 * 2, 0x30);
        var hpet = _board.Devices.Mmio.Single(r => r.Name == "hpet").Device;
        hpet.Write(0x10, 4, 3);
        Out(0x43, 0x34);
        Out(0x40, 0x00);
        Out(0x40, 0x10);
        _clock.Advance(10_000_000);
        Assert.Equal(-1, _board.LocalInterrupts[0].Acknowledge());
        hpet.Write(0x100, 4, 0x04);
        hpet.Write(0x108, 8, 2_000_000);
        _clock.Advance(20_000_000);
        Assert.Equal(0x30, _board.LocalInterrupts[0].Acknowledge());
    }

    [Fact]
    public void Port_604_with_2000_powers_off_as_on_other_emulators()
    {
        Out(0x604, 0x2000, 2);
        Assert.Equal(["power off"], _control.Calls);
    }

    [Theory]
    [InlineData(BoardModel.Pc)]
    [InlineData(BoardModel.MicroVm)]
    public void A_connected_board_answers_on_the_buses_and_boots_an_image(BoardModel model)
    {
        var options = new BoardOptions { Cpus = 4, RamBytes = 16 << 20, Model = model, Serial = [_serial], Clock = _clock, Tsc = new HostTsc(_clock), Control = _control };
        using var board = new Board(options);
        using var ram = new GuestRam(16 << 20);
        var (map, ports) = (new PhysicalMap(ram), new PortMap());
        board.Connect(ram, map, ports, new PhysicalMemory(map));
        var memory = new BoardMemory(ram);
        var state = board.Load(new BootRequest(Images.Source(Images.Linux())) { CommandLine = "quiet" }, memory);
        Assert.Equal(0xe0000ul, BitConverter.ToUInt64(memory.Span(state.Rsi + 0x70, 8)));
        Assert.Equal("RSD PTR "u8.ToArray(), memory.Span(0xe0000, 8).ToArray());
        ports.Write(0x3f8, 1, 'S');
        Assert.True(_serial.Output.TryRead(out byte sent));
        Assert.Equal((byte)'S', sent);
        Assert.Equal(PhysicalKind.Mmio, map.Find(new GuestPhysical(0xfec00000)).Kind);
        Assert.Equal(PhysicalKind.Ram, map.Find(new GuestPhysical(0xb8000)).Kind);
        ports.Write(0xcf8, 4, 0x80000000);
        Assert.Equal(model == BoardModel.Pc ? 0x12378086u : uint.MaxValue, ports.Read(0xcfc, 4));
        Assert.Equal(model == BoardModel.Pc, board.CreateScreen(memory) is not null);
        ports.Write(0xcf9, 1, 0x06);
        Assert.Equal(["reset"], _control.Calls);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(257)]
    public void Impossible_processor_counts_are_refused(int cpus)
    {
        var options = new BoardOptions { Cpus = cpus, RamBytes = 1 << 20, Clock = _clock, Tsc = new HostTsc(_clock), Control = _control };
        Assert.Throws<ArgumentOutOfRangeException>(() => new Board(options));
    }
}
