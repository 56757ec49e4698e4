using System.Text;
using Tcg.Mttcg.Machine.Clocks;
using Tcg.Mttcg.Machine.Serial;
using Tcg.Mttcg.Machine.Virtio;
using static Tcg.Mttcg.Machine.Tests.Virtio.VirtioDriver;

namespace Tcg.Mttcg.Machine.Tests.Virtio;

public sealed class VirtioConsoleTests : IDisposable
{
    private const int Receive = 0, Transmit = 1;

    private readonly ManualClock _clock = new();
    private readonly SerialLink _link = new();
    private readonly VirtioDriver _driver;

    public VirtioConsoleTests()
    {
        _driver = new VirtioDriver(gate => new VirtioConsole(_link, gate, gate.Guard(_clock)));
        _driver.Start();
    }

    public void Dispose() => _driver.Dispose();

    [Fact]
    public void What_the_guest_writes_comes_out()
    {
        _driver.Bytes(Buffers, "hello"u8);
        _driver.Describe(Transmit, 0, Buffers, 5);
        _driver.Send(Transmit, 0);
        var text = new StringBuilder();
        while (_link.Output.TryRead(out byte value)) text.Append((char)value);
        Assert.Equal("hello", text.ToString());
        Assert.Equal((0u, 0u), _driver.UsedEntry(Transmit, 0));
    }

    [Fact]
    public void What_is_typed_waits_for_buffers_and_arrives_in_order()
    {
        foreach (byte value in "abcdef"u8) _link.Input.TryWrite(value);
        _driver.Describe(Receive, 0, Buffers, 4, Write);
        _driver.Describe(Receive, 1, Buffers + 4, 4, Write);
        _driver.Send(Receive, 0);
        _driver.AwaitUsed(Receive, 1);
        _driver.Send(Receive, 1);
        _driver.AwaitUsed(Receive, 2);
        Assert.Equal([(0u, 4u), (1u, 2u)], [_driver.UsedEntry(Receive, 0), _driver.UsedEntry(Receive, 1)]);
        Assert.Equal("abcdef"u8.ToArray(), _driver.Bytes(Buffers, 6));
    }

    [Fact]
    public void A_slow_host_holds_the_guest_back_and_loses_nothing()
    {
        _driver.Describe(Transmit, 0, Buffers, 0x8000);
        for (int i = 0; i < 3; i++) _driver.Send(Transmit, 0);
        Assert.Equal(2, _driver.UsedIndex(Transmit));
        while (_link.Output.TryRead(out _)) { }
        _clock.Advance(2_000_000);
        _driver.AwaitUsed(Transmit, 3);
        Assert.Equal(0x8000, _link.Output.Count);
    }

    [Fact]
    public void An_absurd_length_breaks_the_device()
    {
        for (ushort i = 0; i < 7; i++) _driver.Describe(Transmit, i, 0, 0x80000, Next, (ushort)(i + 1));
        _driver.Describe(Transmit, 7, 0, 0x80000);
        _driver.Send(Transmit, 0);
        Assert.True(_driver.IsBroken);
    }
}
