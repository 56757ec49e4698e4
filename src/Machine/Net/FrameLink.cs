using System.Threading.Channels;

namespace Tcg.Mttcg.Machine.Net;

/// <summary>
/// The cable between a guest's network card and the host: a bounded channel of frames each way. A full channel is back pressure: the card stops taking frames from
/// the guest until there is room, and the host waits with <see cref="ChannelWriter{T}.WaitToWriteAsync"/> or drops, as a switch would. Safe from any thread.
/// </summary>
public sealed class FrameLink
{
    /// <summary>Frames that wait in each direction.</summary>
    public const int Capacity = 256;

    private readonly Channel<Frame> _fromGuest = NewChannel();
    private readonly Channel<Frame> _toGuest = NewChannel();
    private volatile bool _isUp = true;

    /// <summary>Host side: what the guest sent. Return each frame.</summary>
    public ChannelReader<Frame> FromGuest => _fromGuest.Reader;

    /// <summary>Host side: what the guest shall receive. Return a frame that was not accepted.</summary>
    public ChannelWriter<Frame> ToGuest => _toGuest.Writer;

    /// <summary>Host side: whether the cable is plugged in, as the guest's card shows it. At first it is.</summary>
    public bool IsUp
    {
        get => _isUp;
        set
        {
            if (_isUp == value) return;
            _isUp = value;
            StateChanged?.Invoke();
        }
    }

    internal event Action? StateChanged;

    internal ChannelReader<Frame> Arriving => _toGuest.Reader;

    internal ChannelWriter<Frame> Leaving => _fromGuest.Writer;

    /// <summary>The machine has ended: no more frames will come from the guest, and none are taken.</summary>
    public void Complete()
    {
        _fromGuest.Writer.TryComplete();
        _toGuest.Writer.TryComplete();
    }

    private static Channel<Frame> NewChannel() => Channel.CreateBounded<Frame>(new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.Wait });
}
