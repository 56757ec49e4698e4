using Tcg.Mttcg.Machine.Net.Packets;
using Tcg.Mttcg.Machine.Net.User.Tcp;

namespace Tcg.Mttcg.Machine.Tests.Net.User;

/// <summary>What a link does to each segment.</summary>
internal sealed record LinkFaults(double Loss = 0, double Duplicate = 0, double Reorder = 0);

/// <summary>The application at one end: sends a script of bytes, checks what it receives against the other's, and takes its time if told so.</summary>
internal sealed class TcpApplication(TcpConnection connection, byte[] toSend) : ITcpHost
{
    private int _sent;

    public TcpConnection Connection => connection;

    public List<byte> Received { get; } = [];

    public bool SawEnd { get; private set; }

    public bool? ClosedByReset { get; private set; }

    /// <summary>Most bytes to take at a time; 0 reads nothing.</summary>
    public int Appetite { get; set; } = int.MaxValue;

    public void DataReady() { }

    public void RoomReady() { }

    public void Closed(bool reset) => ClosedByReset = reset;

    /// <summary>True when it read something and may read more a millisecond later.</summary>
    public bool Step()
    {
        while (_sent < toSend.Length && connection.RoomForGuest is { Length: > 0 } room)
        {
            int count = Math.Min(room.Length, toSend.Length - _sent);
            toSend.AsMemory(_sent, count).CopyTo(room);
            connection.Commit(count);
            _sent += count;
            if (_sent == toSend.Length) connection.HostFinished();
        }
        int taken = Math.Min(Appetite, connection.Received.Length);
        if (taken > 0)
        {
            Received.AddRange(connection.Received.Span[..taken]);
            connection.Consume(taken);
        }
        SawEnd |= connection.GuestFinished;
        return taken > 0;
    }
}

/// <summary>Two engines, each the other's guest, on a link of 1 ms that loses, repeats and reorders by a seed. Time is simulated.</summary>
internal sealed class TcpPair
{
    private static readonly Ipv4Endpoint A = new(new(0x0a00020f), 1000), B = new(new(0x0a000202), 80);

    private readonly PriorityQueue<(bool ToB, TcpHeader Header, byte[] Payload), (long, long)> _link = new();
    private readonly Random _random;
    private readonly LinkFaults _faults;
    private readonly TcpEngine _a, _b;
    private long _order;

    public TcpPair(int seed, LinkFaults faults, byte[] fromA, byte[] fromB, TcpLimits? limits = null)
    {
        (_random, _faults) = (new Random(seed), faults);
        limits ??= new TcpLimits();
        _a = new TcpEngine(limits, new Wire(this, toB: true), _random, _ => null);
        _b = new TcpEngine(limits, new Wire(this, toB: false), _random, connection => Server = new TcpApplication(connection, fromB));
        _a.Open(new TcpPath(B, A), connection => Client = new TcpApplication(connection, fromA));
    }

    public TcpApplication Client { get; private set; } = null!;

    public TcpApplication? Server { get; private set; }

    public long Now { get; private set; }

    public int Segments { get; private set; }

    public int Connections => _a.Count + _b.Count;

    public int InFlight => _link.Count;

    /// <summary>The largest payload that was on the link.</summary>
    public int LargestSegment { get; private set; }

    /// <summary>Runs until nothing is left to happen, or the time is up.</summary>
    public void Run(long until)
    {
        while (true)
        {
            Server?.Connection.HostConnected();
            bool reads = Client.Step() | (Server?.Step() ?? false);
            _a.Flush();
            _b.Flush();
            long next = Math.Min(_a.Deadline, _b.Deadline);
            if (reads) next = Math.Min(next, Now + 1);
            if (_link.TryPeek(out _, out var due)) next = Math.Min(next, due.Item1);
            if (next > until) return;
            Now = _a.Now = _b.Now = Math.Max(Now, next);
            while (_link.TryPeek(out var segment, out due) && due.Item1 <= Now)
            {
                _link.Dequeue();
                var path = segment.ToB ? new TcpPath(A, B) : new TcpPath(B, A);
                (segment.ToB ? _b : _a).Receive(path, segment.Header, segment.Payload);
            }
            _a.Expire();
            _b.Expire();
        }
    }

    private void Put(bool toB, in TcpHeader header, byte[] payload)
    {
        Segments++;
        LargestSegment = Math.Max(LargestSegment, payload.Length);
        if (_random.NextDouble() < _faults.Loss) return;
        int copies = _random.NextDouble() < _faults.Duplicate ? 2 : 1;
        for (int i = 0; i < copies; i++)
        {
            long delay = _random.NextDouble() < _faults.Reorder ? _random.Next(2, 20) : 1;
            _link.Enqueue((toB, header, payload), (Now + delay, _order++));
        }
    }

    private sealed class Wire(TcpPair pair, bool toB) : ITcpWire
    {
        public bool HasRoom => pair._link.Count < 256;

        public void Send(in TcpPath path, in TcpHeader header, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second) => pair.Put(toB, header, [.. first, .. second]);
    }
}
