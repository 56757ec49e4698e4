using System.Threading.Channels;

namespace Tcg.Mttcg.Machine.Serial;

/// <summary>
/// The cable between a guest's serial device and the host: two unbounded channels of bytes. The device looks at <see cref="Backlog"/> and reports
/// itself busy while the host is slow, so a guest that polls its UART loses nothing and the channel stays small.
/// </summary>
/// <param name="discardOutput">Nobody listens: bytes from the guest vanish, and it never sees a busy transmitter.</param>
public sealed class SerialLink(bool discardOutput = false)
{
    private readonly Channel<byte> _toHost = Channel.CreateUnbounded<byte>();
    private readonly Channel<byte> _toGuest = Channel.CreateUnbounded<byte>(new() { SingleReader = true });

    /// <summary>Host side: bytes the guest sent.</summary>
    public ChannelReader<byte> Output => _toHost.Reader;

    /// <summary>Host side: bytes for the guest.</summary>
    public ChannelWriter<byte> Input => _toGuest.Writer;

    internal ChannelReader<byte> GuestInput => _toGuest.Reader;

    /// <summary>Bytes sent by the guest that the host has not read.</summary>
    internal int Backlog => _toHost.Reader.Count;

    /// <summary>False when the host closed the cable.</summary>
    internal bool Send(byte value) => discardOutput || _toHost.Writer.TryWrite(value);

    /// <summary>No more bytes will come from the guest: the host's reader completes after the last one.</summary>
    public void CompleteOutput() => _toHost.Writer.TryComplete();
}
