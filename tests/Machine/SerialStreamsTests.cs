using System.Text;
using Tcg.Mttcg.Machine.Clocks;
using Tcg.Mttcg.Machine.Serial;
using Tcg.Mttcg.Machine.Tests.Support;

namespace Tcg.Mttcg.Machine.Tests;

public sealed class SerialStreamsTests
{
    private readonly SerialLink _link = new();

    private static Uart16550 Uart(SerialLink link) => new(link, new RecordingLine(), new ManualClock());

    [Fact]
    public async Task All_output_is_written_before_the_drain_ends()
    {
        var uart = Uart(_link);
        for (int i = 0; i < 10_000; i++) uart.Write(0, 1, (byte)('a' + i % 26));
        _link.CompleteOutput();
        using var stream = new MemoryStream();
        Assert.True(await SerialStreams.DrainAsync(_link.Output, stream));
        Assert.Equal(10_000, stream.Length);
        Assert.StartsWith("abcdef", Encoding.ASCII.GetString(stream.ToArray()));
    }

    [Fact]
    public async Task A_broken_stream_does_not_stall_the_guest()
    {
        var uart = Uart(_link);
        for (int i = 0; i < 10_000; i++) uart.Write(0, 1, 'x');
        _link.CompleteOutput();
        Assert.False(await SerialStreams.DrainAsync(_link.Output, new BrokenStream()));
        Assert.Equal(0, _link.Output.Count);
    }

    [Fact]
    public async Task A_stream_is_fed_to_the_guest()
    {
        var uart = Uart(_link);
        uart.Read(5, 1);
        await SerialStreams.FeedAsync(new MemoryStream("hi"u8.ToArray()), _link.Input);
        uart.Receive();
        Assert.Equal('h', (char)uart.Read(0, 1));
    }

    [Fact]
    public void Discarded_output_never_makes_the_transmitter_busy()
    {
        var uart = Uart(new SerialLink(discardOutput: true));
        for (int i = 0; i < Uart16550.BusyBacklog * 2; i++) uart.Write(0, 1, 'x');
        Assert.Equal(0x60u, uart.Read(5, 1) & 0x60);
    }

    private sealed class BrokenStream : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("broken pipe");
    }
}
