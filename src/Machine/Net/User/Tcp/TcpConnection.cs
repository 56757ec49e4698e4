using Tcg.Mttcg.Machine.Net.Packets;

namespace Tcg.Mttcg.Machine.Net.User.Tcp;

internal enum TcpState : byte
{
    /// <summary>The guest's SYN waits for the host's connect.</summary>
    HostConnecting,
    SynSent,
    SynReceived,
    /// <summary>Also with one or both FINs under way.</summary>
    Established,
    TimeWait,
    Closed,
}

/// <summary>
/// The remote end of one of the guest's TCP connections (RFC 9293), between the guest's segments and two bounded buffers. A state machine without
/// threads, sockets or clock: its engine serialises all calls and tells the time.
/// Out-of-order segments are dropped and asked for again: the link in between keeps order, so only a test sends them.
/// </summary>
internal sealed partial class TcpConnection
{
    private const uint LeastMss = 64, DefaultMss = 536;

    private readonly TcpEngine _engine;
    private readonly TcpPath _path;
    private readonly ByteRing _send, _received;

    public TcpConnection(TcpEngine engine, in TcpPath path, uint initialSequence)
    {
        (_engine, _path) = (engine, path);
        _send = new ByteRing(engine.Limits.BufferBytes);
        _received = new ByteRing(engine.Limits.BufferBytes);
        _unacknowledged = _next = _highest = initialSequence;
        _roundTrip = new RoundTrip(engine.Limits);
        LastHeard = engine.Now;
    }

    public TcpPath Path => _path;

    public TcpState State { get; private set; }

    /// <summary>Set right after construction, before any segment.</summary>
    public ITcpHost Host { get; set; } = null!;

    /// <summary>Stands in the engine's queue of connections with something to send.</summary>
    public bool IsQueued { get; set; }

    /// <summary>What the guest sent and the host has not taken.</summary>
    public ReadOnlyMemory<byte> Received => _received.Readable;

    /// <summary>The guest sent FIN and the host took all before it.</summary>
    public bool GuestFinished => _guestFinished && _received.Count == 0;

    /// <summary>Space for bytes to the guest; empty while little is left, until <see cref="ITcpHost.RoomReady"/>.</summary>
    public Memory<byte> RoomForGuest => State == TcpState.Closed || _send.Free < LeastRoom ? default : _send.Writable;

    private int LeastRoom => _send.Capacity / 4;

    /// <summary>Passive open: the host's connect succeeded, so the guest's SYN is answered.</summary>
    public void HostConnected()
    {
        if (State != TcpState.HostConnecting) return;
        State = TcpState.SynReceived;
        SendSyn();
    }

    /// <summary>The host took bytes from <see cref="Received"/>. Opens the guest's window when that is worth a segment.</summary>
    public void Consume(int count)
    {
        // A reset may have come while the host was taking them.
        if (State == TcpState.Closed && _received.Count == 0) return;
        _received.Consume(count);
        if (State != TcpState.Established || _guestFinished) return;
        if (WindowGrowth < _received.Capacity / 4) return;
        _acknowledge = true;
        _engine.Enqueue(this);
    }

    /// <summary>The host filled bytes of <see cref="RoomForGuest"/>.</summary>
    public void Commit(int count)
    {
        if (State == TcpState.Closed) return;
        _send.Commit(count);
        _engine.Enqueue(this);
    }

    /// <summary>The host's peer will send no more: FIN follows the last byte.</summary>
    public void HostFinished()
    {
        if (State == TcpState.Closed) return;
        _hostFinished = true;
        _engine.Enqueue(this);
    }

    /// <summary>The host's end broke or could not be opened: the guest sees a reset.</summary>
    public void Abort()
    {
        if (State == TcpState.Closed) return;
        if (State != TcpState.TimeWait) SendReset();
        Close(reset: true);
    }

    /// <summary>Ends TIME-WAIT early, for a new connection.</summary>
    public void Forget() => Close(reset: false);

    private void Close(bool reset)
    {
        if (State == TcpState.Closed) return;
        var last = State;
        State = TcpState.Closed;
        CancelTimer();
        _send.Release();
        // In order, the host may still be taking what was received.
        if (reset) _received.Release();
        _engine.Remove(this);
        if (last != TcpState.TimeWait) Host.Closed(reset);
    }

    private void EnterTimeWait()
    {
        State = TcpState.TimeWait;
        _send.Release();
        Arm(TcpTimer.TimeWait, _engine.Limits.TimeWait);
        Host.Closed(reset: false);
    }
}
