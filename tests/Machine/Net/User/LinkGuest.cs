using System.Threading.Channels;
using Tcg.Mttcg.Machine.Net;
using Tcg.Mttcg.Machine.Net.Packets;
using Tcg.Mttcg.Machine.Net.User.Tcp;

namespace Tcg.Mttcg.Machine.Tests.Net.User;

/// <summary>A guest's TCP/IP at the other end of a frame link: 10.0.2.15, with our own TCP in it, turned around.</summary>
internal sealed class LinkGuest : ITcpWire, IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly FrameLink _link;
    private readonly TcpEngine _engine;
    private readonly Timer _timer;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<GuestSocket> _accepted = Channel.CreateUnbounded<GuestSocket>();
    private readonly Channel<(Ipv4Endpoint From, ushort To, byte[] Payload)> _datagrams = Channel.CreateUnbounded<(Ipv4Endpoint, ushort, byte[])>();
    private readonly Task _task;
    private ushort _nextPort = 30000;

    public LinkGuest(FrameLink link)
    {
        _link = link;
        _engine = new TcpEngine(new TcpLimits { LeastTimeout = 500 }, this, new Random(9), Accept) { Now = Environment.TickCount64 };
        _timer = new Timer(_ => Run(_engine.Expire), null, 20, 20);
        Send(new ArpPacket(ArpPacket.Request, StackBench.Mac, StackBench.Guest, default, StackBench.Gateway));
        _task = ReadAsync();
    }

    public bool HasRoom => _link.FromGuest.Count < FrameLink.Capacity;

    /// <summary>Ports that somebody listens on; SYNs to others are refused.</summary>
    public HashSet<ushort> Listening { get; } = [];

    public ValueTask<GuestSocket> AcceptAsync() => _accepted.Reader.ReadAsync();

    public ValueTask<(Ipv4Endpoint From, ushort To, byte[] Payload)> ReceiveAsync() => _datagrams.Reader.ReadAsync();

    public GuestSocket Connect(Ipv4Endpoint to)
    {
        GuestSocket? socket = null;
        Run(() => _engine.Open(new TcpPath(to, new(StackBench.Guest, _nextPort++)), connection => socket = new GuestSocket(this, connection)));
        return socket!;
    }

    public void SendUdp(ushort from, Ipv4Endpoint to, byte[] payload)
    {
        var datagram = StackBench.Udp(new(StackBench.Guest, from), to, payload);
        SendIpv4(to.Address, IpProtocol.Udp, datagram);
    }

    public void Send(in TcpPath path, in TcpHeader header, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        Span<byte> segment = stackalloc byte[header.Length + first.Length + second.Length];
        first.CopyTo(segment[header.Length..]);
        second.CopyTo(segment[(header.Length + first.Length)..]);
        header.Write(path.Remote.Address, path.Guest.Address, segment);
        SendIpv4(path.Guest.Address, IpProtocol.Tcp, segment);
    }

    public void Run(Action action)
    {
        lock (_lock)
        {
            _engine.Now = Environment.TickCount64;
            action();
            _engine.Flush();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        await _stop.CancelAsync();
        await _task;
    }

    private ITcpHost? Accept(TcpConnection connection)
    {
        if (!Listening.Contains(connection.Path.Remote.Port)) return null;
        var socket = new GuestSocket(this, connection);
        _ = Task.Run(() =>
        {
            Run(connection.HostConnected);
            _accepted.Writer.TryWrite(socket);
        });
        return socket;
    }

    private async Task ReadAsync()
    {
        try
        {
            while (await _link.Arriving.WaitToReadAsync(_stop.Token))
                Run(() =>
                {
                    while (_link.Arriving.TryRead(out var frame))
                    {
                        Receive(frame.Bytes);
                        frame.Return();
                    }
                });
        }
        catch (OperationCanceledException)
        {
        }
    }

    private void Receive(ReadOnlySpan<byte> frame)
    {
        if (!EthernetHeader.TryRead(frame, out _)) return;
        if (ArpPacket.TryRead(frame[14..], out var arp) && arp.Operation == ArpPacket.Request)
            Send(new ArpPacket(ArpPacket.Reply, StackBench.Mac, StackBench.Guest, arp.SenderMac, arp.SenderIp));
        if (!Ipv4Header.TryRead(frame[14..], out var ip, out var payload)) return;
        if (ip.Protocol == IpProtocol.Tcp && TcpHeader.TryRead(ip, payload, out var tcp, out var data))
            _engine.Receive(new TcpPath(new(ip.Source, tcp.SourcePort), new(ip.Destination, tcp.DestinationPort)), tcp, data);
        if (ip.Protocol == IpProtocol.Udp && UdpHeader.TryRead(ip, payload, out var udp, out data))
            _datagrams.Writer.TryWrite((new(ip.Source, udp.SourcePort), udp.DestinationPort, data.ToArray()));
    }

    private void Send(in ArpPacket packet)
    {
        var frame = Frame.Rent(42);
        new EthernetHeader(MacAddress.Broadcast, StackBench.Mac, EtherType.Arp).Write(frame.Bytes);
        packet.Write(frame.Bytes[14..]);
        Put(frame);
    }

    private void SendIpv4(Ipv4Address to, IpProtocol protocol, ReadOnlySpan<byte> payload)
    {
        var frame = Frame.Rent(34 + payload.Length);
        new EthernetHeader(MacAddress.Broadcast, StackBench.Mac, EtherType.Ipv4).Write(frame.Bytes);
        new Ipv4Header(StackBench.Guest, to, protocol, payload.Length, 1, false, 0).Write(frame.Bytes[14..]);
        payload.CopyTo(frame.Bytes[34..]);
        Put(frame);
    }

    private void Put(Frame frame)
    {
        if (!_link.Leaving.TryWrite(frame)) frame.Return();
    }
}

/// <summary>A blocking-style socket of <see cref="LinkGuest"/>.</summary>
internal sealed class GuestSocket(LinkGuest guest, TcpConnection connection) : ITcpHost
{
    private readonly SemaphoreSlim _data = new(0), _room = new(0);
    private readonly TaskCompletionSource<bool> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>True: by a reset.</summary>
    public Task<bool> Ended => _closed.Task;

    /// <summary>Bytes handed to TCP so far.</summary>
    public int Sent { get; private set; }

    public void DataReady() => _data.Release();

    public void RoomReady() => _room.Release();

    public void Closed(bool reset)
    {
        _closed.TrySetResult(reset);
        _data.Release();
        _room.Release();
    }

    public async Task SendAsync(byte[] bytes, bool finish)
    {
        for (int at = 0; at < bytes.Length && !Ended.IsCompleted;)
        {
            int count = 0;
            guest.Run(() =>
            {
                var room = connection.RoomForGuest;
                count = Math.Min(room.Length, bytes.Length - at);
                bytes.AsMemory(at, count).CopyTo(room);
                connection.Commit(count);
            });
            at += count;
            Sent += count;
            if (count == 0) await _room.WaitAsync();
        }
        if (finish) guest.Run(connection.HostFinished);
    }

    public async Task<byte[]> ReceiveToEndAsync()
    {
        var all = new MemoryStream();
        while (true)
        {
            bool end = false;
            int count = 0;
            guest.Run(() =>
            {
                end = connection.GuestFinished;
                count = connection.Received.Length;
                all.Write(connection.Received.Span);
                connection.Consume(count);
            });
            if (end || (count == 0 && Ended.IsCompleted)) return all.ToArray();
            if (count == 0) await _data.WaitAsync();
        }
    }

    public void Abort() => guest.Run(connection.Abort);
}
