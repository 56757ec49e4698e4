using Tcg.Mttcg.Machine.Clocks;
using Tcg.Mttcg.Machine.Serial;
using Tcg.Mttcg.Machine.Tests.Support;

namespace Tcg.Mttcg.Machine.Tests;

public sealed class UartTests
{
    private readonly SerialLink _link = new();
    private readonly RecordingLine _line = new();
    private readonly ManualClock _clock = new();
    private readonly Uart16550 _uart;

    public UartTests() => _uart = new Uart16550(_link, _line, _clock);

    private void Send(string text)
    {
        foreach (char c in text) _link.Input.TryWrite((byte)c);
        _uart.Read(5, 1);
        _clock.Advance(Uart16550.SettleNanoseconds);
        _uart.Receive();
    }

    private string Input()
    {
        string text = "";
        while ((_uart.Read(5, 1) & 1) != 0) text += (char)_uart.Read(0, 1);
        return text;
    }

    // As Linux starts up a 16550A (drivers/tty/serial/8250): clear the FIFOs, read whatever may be left, set the line, enable the FIFOs and interrupts.
    [Fact]
    public void What_was_typed_before_and_while_a_driver_sets_the_port_up_is_not_lost()
    {
        foreach (char c in "typed ") _link.Input.TryWrite((byte)c);
        _uart.Receive();
        Assert.Equal(0u, _uart.Read(0, 1));
        for (int opening = 0; opening < 3; opening++)
        {
            foreach (uint control in (uint[])[0x01, 0x07, 0x00]) _uart.Write(2, 1, control);
            foreach (ushort register in (ushort[])[5, 0, 2, 6]) _uart.Read(register, 1);
            _link.Input.TryWrite((byte)"abc"[opening]);
            _uart.Receive();
            _uart.Write(2, 1, 0x01);
            _uart.Write(1, 1, 0x05);
            _uart.Read(0, 1);
            // The second time nobody reads before the port is closed again.
            _clock.Advance(opening == 1 ? Uart16550.SettleNanoseconds : 0);
        }
        _clock.Advance(Uart16550.SettleNanoseconds);
        Assert.Equal("typed abc", Input());
    }

    [Fact]
    public void A_full_fifo_that_is_cleared_twice_comes_again_in_order()
    {
        const string text = "0123456789abcdefghijklmnopqrstuvwxyz";
        _uart.Write(2, 1, 0x01);
        Send(text);
        _uart.Write(2, 1, 0x00);
        Send("");
        _uart.Write(2, 1, 0x07);
        Assert.Equal(0u, _uart.Read(5, 1) & 1);
        Send("");
        Assert.Equal(text, Input());
    }

    [Fact]
    public void A_guest_that_waits_for_interrupts_without_looking_receives_too()
    {
        _link.Input.TryWrite((byte)'x');
        _uart.Write(1, 1, 0x01);
        Assert.True(_line.Level);
        Assert.Equal('x', (char)_uart.Read(0, 1));
    }

    private string Output()
    {
        string text = "";
        while (_link.Output.TryRead(out byte value)) text += (char)value;
        return text;
    }

    [Fact]
    public void Bytes_written_to_the_holding_register_reach_the_host_in_order()
    {
        foreach (char c in "hello") _uart.Write(0, 1, c);
        Assert.Equal("hello", Output());
    }

    [Fact]
    public void The_divisor_latch_hides_data_and_interrupt_enable()
    {
        _uart.Write(3, 1, 0x83);
        _uart.Write(0, 1, 0x34);
        _uart.Write(1, 1, 0x12);
        Assert.Equal(0x34u, _uart.Read(0, 1));
        Assert.Equal(0x12u, _uart.Read(1, 1));
        _uart.Write(3, 1, 0x03);
        Assert.Equal(0u, _uart.Read(1, 1));
        Assert.Equal("", Output());
    }

    [Fact]
    public void A_guest_recognises_a_16550A_by_its_fifo_bits_and_scratch_register()
    {
        Assert.Equal(0x01u, _uart.Read(2, 1));
        _uart.Write(2, 1, 0x01);
        Assert.Equal(0xc1u, _uart.Read(2, 1));
        _uart.Write(7, 1, 0x5a);
        Assert.Equal(0x5au, _uart.Read(7, 1));
        _uart.Write(1, 1, 0xff);
        Assert.Equal(0x0fu, _uart.Read(1, 1));
    }

    [Fact]
    public void Enabling_the_transmitter_interrupt_raises_it_and_reading_its_id_clears_it()
    {
        _uart.Write(4, 1, 0x08);
        _uart.Write(1, 1, 0x02);
        Assert.True(_line.Level);
        Assert.Equal(0x02u, _uart.Read(2, 1));
        Assert.False(_line.Level);
        Assert.Equal(0x01u, _uart.Read(2, 1));
    }

    [Fact]
    public void The_transmitter_interrupt_returns_a_little_after_a_write()
    {
        _uart.Write(4, 1, 0x08);
        _uart.Write(1, 1, 0x02);
        _uart.Write(0, 1, 'x');
        Assert.False(_line.Level);
        Assert.Equal(0x60u, _uart.Read(5, 1) & 0x60);
        _clock.Advance(10_000);
        Assert.True(_line.Level);
    }

    [Fact]
    public void Without_OUT2_the_interrupt_does_not_reach_the_bus()
    {
        _uart.Write(4, 1, 0x00);
        _uart.Write(1, 1, 0x02);
        Assert.False(_line.Level);
        _uart.Write(4, 1, 0x08);
        Assert.True(_line.Level);
    }

    [Fact]
    public void Received_bytes_raise_the_trigger_level_interrupt_then_the_timeout_interrupt()
    {
        _uart.Write(4, 1, 0x08);
        _uart.Write(2, 1, 0x41);
        _uart.Write(1, 1, 0x01);
        Send("abcde");
        Assert.Equal(0xc4u, _uart.Read(2, 1));
        Assert.Equal('a', (char)_uart.Read(0, 1));
        Assert.Equal('b', (char)_uart.Read(0, 1));
        Assert.Equal(0xccu, _uart.Read(2, 1));
        Assert.True(_line.Level);
        Assert.Equal("cde", string.Concat(Enumerable.Range(0, 3).Select(_ => (char)_uart.Read(0, 1))));
        Assert.False(_line.Level);
        Assert.Equal(0u, _uart.Read(5, 1) & 1);
    }

    [Fact]
    public void Input_beyond_the_fifo_waits_and_is_not_lost()
    {
        _uart.Write(2, 1, 0x01);
        string text = new string('a', 20) + "end";
        Send(text);
        string seen = "";
        while ((_uart.Read(5, 1) & 1) != 0) seen += (char)_uart.Read(0, 1);
        Assert.Equal(text, seen);
    }

    [Fact]
    public void Loopback_folds_data_and_modem_lines_back()
    {
        _uart.Write(4, 1, 0x10 | 0x0a);
        Assert.Equal(0x90u, _uart.Read(6, 1) & 0xf0);
        _uart.Write(0, 1, 0x5a);
        Assert.Equal("", Output());
        Assert.Equal(1u, _uart.Read(5, 1) & 1);
        Assert.Equal(0x5au, _uart.Read(0, 1));
    }

    [Fact]
    public void Loopback_overrun_is_a_line_status_error_that_reading_clears()
    {
        _uart.Write(4, 1, 0x10);
        _uart.Write(0, 1, 1);
        _uart.Write(0, 1, 2);
        Assert.Equal(0x02u, _uart.Read(5, 1) & 0x02);
        Assert.Equal(0x00u, _uart.Read(5, 1) & 0x02);
        Assert.Equal(1u, _uart.Read(0, 1));
    }

    [Fact]
    public void A_changed_modem_line_shows_in_the_delta_bits_once()
    {
        _uart.Write(4, 1, 0x10);
        _uart.Read(6, 1);
        _uart.Write(4, 1, 0x12);
        Assert.Equal(0x11u, _uart.Read(6, 1));
        Assert.Equal(0x10u, _uart.Read(6, 1));
    }

    [Fact]
    public void A_slow_host_makes_the_transmitter_busy_until_it_catches_up()
    {
        for (int i = 0; i < Uart16550.BusyBacklog; i++) _uart.Write(0, 1, 'x');
        Assert.Equal(0u, _uart.Read(5, 1) & 0x20);
        _link.Output.TryRead(out _);
        Assert.Equal(0x20u, _uart.Read(5, 1) & 0x20);
    }
}
