using Tcg.Mttcg.Machine.Net.User.Tcp;

namespace Tcg.Mttcg.Machine.Net.User.Host;

/// <summary>
/// Lets many tasks use one <see cref="UserStack"/>: a lock, the time, and what is due when the lock is left. Nobody waits for anything inside.
/// </summary>
internal sealed class NetworkLoop : IDisposable
{
    // Frames that one task handles before others get a chance.
    private const int Batch = 64;

    private readonly Lock _lock = new();
    private readonly FrameLink _link;
    private readonly Timer _timer;
    private long _armedFor = long.MaxValue;
    private bool _waitsForRoom;
    private bool _ended;

    public NetworkLoop(UserNetOptions options, NetworkLimits limits, FrameLink link)
    {
        _link = link;
        _timer = new Timer(_ => Expire());
        Stack = new UserStack(options, limits, new LinkSink(link), new HostSockets(this, options), new Random(), Now);
    }

    /// <summary>Only to be touched between <see cref="Enter"/> and the end of its scope.</summary>
    public UserStack Stack { get; }

    private static long Now => Environment.TickCount64;

    public Scope Enter()
    {
        _lock.Enter();
        Stack.Now = Now;
        return new Scope(this);
    }

    /// <summary>Serves the guest until its end of the link is closed.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        while (await _link.FromGuest.WaitToReadAsync(cancel).ConfigureAwait(false))
        {
            using (Enter())
            {
                for (int i = 0; i < Batch && _link.FromGuest.TryRead(out var frame); i++)
                {
                    Stack.Receive(frame.Bytes);
                    frame.Return();
                }
            }
        }
    }

    /// <summary>Resets all connections; nothing is sent afterwards.</summary>
    public void Dispose()
    {
        using (Enter()) Stack.Dispose();
        lock (_lock) _ended = true;
        _timer.Dispose();
    }

    internal readonly ref struct Scope(NetworkLoop loop) : IDisposable
    {
        public void Dispose() => loop.Leave();
    }

    private void Leave()
    {
        try
        {
            if (_ended) return;
            Stack.Flush();
            if (Stack.IsBlocked && !_waitsForRoom)
            {
                _waitsForRoom = true;
                _ = WaitForRoomAsync();
            }
            if (Stack.Deadline >= _armedFor) return;
            _armedFor = Stack.Deadline;
            _timer.Change(Math.Clamp(_armedFor - Now, 1, int.MaxValue), Timeout.Infinite);
        }
        finally
        {
            _lock.Exit();
        }
    }

    private void Expire()
    {
        using (Enter())
        {
            _armedFor = long.MaxValue;
            if (!_ended) Stack.Expire();
        }
    }

    private async Task WaitForRoomAsync()
    {
        // False: the machine has ended.
        bool room = await _link.ToGuest.WaitToWriteAsync().ConfigureAwait(false);
        if (!room) return;
        using (Enter()) _waitsForRoom = false;
    }

    private sealed class LinkSink(FrameLink link) : IFrameSink
    {
        public bool HasRoom => link.Arriving.Count < FrameLink.Capacity;

        public void Send(ReadOnlySpan<byte> bytes)
        {
            var frame = Frame.CopyOf(bytes);
            if (!link.ToGuest.TryWrite(frame)) frame.Return();
        }
    }
}
