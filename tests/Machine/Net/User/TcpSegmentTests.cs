using System.Text;
using Tcg.Mttcg.Machine.Net.Packets;
using Tcg.Mttcg.Machine.Net.User;
using Tcg.Mttcg.Machine.Net.User.Tcp;

namespace Tcg.Mttcg.Machine.Tests.Net.User;

/// <summary>Single segments and what is answered to each.</summary>
public sealed class TcpSegmentTests
{
    private const ushort Port = 5000;
    private static readonly Ipv4Endpoint Server = new(StackBench.Gateway, 80);

    private readonly StackBench _bench = new();
    private uint _sequence = 1000, _acknowledgment;

    public TcpSegmentTests() => _bench.Announce();

    private (TcpConnection Connection, HostTarget Target, ScriptedHost Host) Last => _bench.Connects[^1];

    private void Send(TcpFlags flags, string payload = "", int offset = 0, ushort window = 65535, ushort mss = 0, int scale = -1)
    {
        _bench.SendTcp(Server, new TcpHeader(Port, 80, _sequence + (uint)offset, _acknowledgment, flags, window, mss, scale), Encoding.ASCII.GetBytes(payload));
    }

    private void Connect(ushort window = 65535, ushort mss = 1460, int scale = -1)
    {
        Send(TcpFlags.Syn, mss: mss, scale: scale, window: window);
        Last.Connection.HostConnected();
        _bench.Stack.Flush();
        var (synAck, _) = _bench.TakeTcp();
        Assert.Equal(TcpFlags.Syn | TcpFlags.Ack, synAck.Flags);
        Assert.Equal(++_sequence, synAck.Acknowledgment);
        _acknowledgment = synAck.Sequence + 1;
        Send(TcpFlags.Ack, window: window);
        Assert.Empty(_bench.Frames);
        Assert.Equal(TcpState.Established, Last.Connection.State);
    }

    private void FromHost(string text)
    {
        Assert.True(Encoding.ASCII.GetBytes(text).AsMemory().TryCopyTo(Last.Connection.RoomForGuest));
        Last.Connection.Commit(text.Length);
        _bench.Stack.Flush();
    }

    private (TcpFlags Flags, int Sequence, string Payload) Take()
    {
        var (tcp, payload) = _bench.TakeTcp();
        return (tcp.Flags, (int)(tcp.Sequence - _acknowledgment), Encoding.ASCII.GetString(payload));
    }

    [Fact]
    public void A_syn_is_answered_when_the_host_has_connected_and_not_before()
    {
        Send(TcpFlags.Syn, mss: 1000, scale: 7);
        Send(TcpFlags.Syn, mss: 1000, scale: 7);
        Assert.Equal(new Ipv4Endpoint(Ipv4Address.Loopback, 80), Assert.Single(_bench.Connects).Target.Endpoint);
        Assert.Empty(_bench.Frames);
        Last.Connection.HostConnected();
        var (synAck, _) = _bench.TakeTcp();
        Assert.Equal((1460, 2), (synAck.Mss, synAck.WindowScale));
    }

    [Fact]
    public void A_refused_connect_is_a_reset()
    {
        Send(TcpFlags.Syn);
        Last.Connection.Abort();
        var (tcp, _) = _bench.TakeTcp();
        Assert.Equal(TcpFlags.Rst | TcpFlags.Ack, tcp.Flags);
        Assert.Equal((0u, _sequence + 1), (tcp.Sequence, tcp.Acknowledgment));
        Assert.Equal(0, _bench.Stack.TcpConnections);
    }

    [Fact]
    public void A_guest_that_gives_up_before_the_host_connected_leaves_nothing_behind()
    {
        Send(TcpFlags.Syn);
        _sequence++;
        Send(TcpFlags.Rst);
        Assert.True(Last.Host.ClosedByReset);
        Assert.Equal(0, _bench.Stack.TcpConnections);
        Last.Connection.HostConnected();
        Assert.Empty(_bench.Frames);
    }

    [Fact]
    public void Segments_of_no_connection_are_reset()
    {
        Send(TcpFlags.Ack, "data");
        Assert.Equal(TcpFlags.Rst, _bench.TakeTcp().Tcp.Flags);
        Send(TcpFlags.Fin, "data");
        Assert.Equal(_sequence + 5, _bench.TakeTcp().Tcp.Acknowledgment);
        Send(TcpFlags.Rst, "data");
        Assert.Empty(_bench.Frames);
    }

    [Fact]
    public void Data_is_acknowledged_once_a_batch_and_repeats_are_taken_once()
    {
        Connect();
        Send(TcpFlags.Ack, "hello ");
        Send(TcpFlags.Ack, "hello world");
        Assert.Equal("hello world", Encoding.ASCII.GetString(Last.Connection.Received.Span));
        _bench.Frames.RemoveAt(0);
        Assert.Equal(_sequence + 11, _bench.TakeTcp().Tcp.Acknowledgment);
        Send(TcpFlags.Ack, "hello world");
        Assert.Equal(_sequence + 11, _bench.TakeTcp().Tcp.Acknowledgment);
        Assert.Equal(11, Last.Connection.Received.Length);
    }

    [Fact]
    public void What_comes_too_early_is_asked_for_again()
    {
        Connect();
        Send(TcpFlags.Ack, "world", offset: 6);
        Assert.Equal(_sequence, _bench.TakeTcp().Tcp.Acknowledgment);
        Assert.Equal(0, Last.Connection.Received.Length);
    }

    [Fact]
    public void The_advertised_window_is_all_that_is_taken_and_opens_in_one_step()
    {
        Connect();
        var kilobyte = new string('x', 1000);
        int sent = 0;
        ushort window = 0;
        // Without window scaling 65,535 bytes are the most that can be announced.
        for (int i = 0; i < 70; i++)
        {
            Send(TcpFlags.Ack, kilobyte, offset: i * 1000);
            var (tcp, _) = _bench.TakeTcp();
            (sent, window) = ((int)(tcp.Acknowledgment - _sequence), tcp.Window);
        }
        // The buffer holds 128 KiB; nothing was read, so the window still stands at what the buffer has left.
        Assert.Equal(70_000, sent);
        for (int i = 70; i < 140; i++) Send(TcpFlags.Ack, kilobyte, offset: i * 1000);
        (sent, window) = ((int)(_bench.LastTcp().Acknowledgment - _sequence), _bench.LastTcp().Window);
        Assert.Equal((131072, 0), (sent, window));
        _bench.Frames.Clear();
        Last.Connection.Consume(1000);
        _bench.Stack.Flush();
        Assert.Empty(_bench.Frames);
        Last.Connection.Consume(40_000);
        _bench.Stack.Flush();
        Assert.Equal(41_000, _bench.TakeTcp().Tcp.Window);
    }

    [Fact]
    public void Segments_keep_to_the_guests_mss_and_window()
    {
        Connect(window: 250, mss: 100);
        FromHost(new string('a', 1000));
        Assert.Equal([100, 100], _bench.TakeAllTcp().Select(s => s.Payload.Length));
        // 50 more would fit; no crumbs while something is on its way.
        _acknowledgment += 200;
        Send(TcpFlags.Ack, window: 1000);
        Assert.Equal([100, 100, 100, 100, 100, 100, 100, 100], _bench.TakeAllTcp().Select(s => s.Payload.Length));
    }

    [Fact]
    public void A_closed_window_is_probed_with_one_byte_at_growing_intervals()
    {
        Connect(window: 0);
        FromHost("data");
        Assert.Empty(_bench.Frames);
        var times = new List<long>();
        for (int i = 0; i < 5; i++)
        {
            long due = _bench.Stack.Deadline;
            _bench.At(due);
            if (_bench.Frames.Count == 0) { i--; continue; }
            Assert.Equal((TcpFlags.Ack, 0, "d"), Take());
            times.Add(due);
            Send(TcpFlags.Ack, window: 0);
            Assert.Empty(_bench.Frames);
        }
        Assert.True(times.Zip(times.Skip(1)).Zip(times.Skip(2)).All(t => t.Second - t.First.Second > t.First.Second - t.First.First), string.Join(' ', times));
        Send(TcpFlags.Ack, window: 100);
        Assert.Equal((TcpFlags.Ack | TcpFlags.Psh, 0, "data"), Take());
    }

    [Fact]
    public void A_lost_segment_is_sent_again_after_the_timeout_and_after_three_duplicate_acknowledgments()
    {
        Connect(mss: 100);
        FromHost(new string('a', 100) + new string('b', 100) + new string('c', 100) + new string('d', 100));
        Assert.Equal(4, _bench.TakeAllTcp().Count);
        Send(TcpFlags.Ack);
        Send(TcpFlags.Ack);
        Assert.Empty(_bench.Frames);
        Send(TcpFlags.Ack);
        Assert.Equal((TcpFlags.Ack, 0, new string('a', 100)), Take());
        Assert.Empty(_bench.Frames);
        _bench.At(1000);
        Assert.Equal((TcpFlags.Ack, 0, new string('a', 100)), Take());
        _acknowledgment += 400;
        Send(TcpFlags.Ack);
        Assert.Empty(_bench.Frames);
    }

    [Fact]
    public void The_host_finishes_first()
    {
        Connect();
        FromHost("bye");
        Last.Connection.HostFinished();
        _bench.Stack.Flush();
        Assert.Equal((TcpFlags.Ack | TcpFlags.Psh, 0, "bye"), Take());
        Assert.Equal((TcpFlags.Ack | TcpFlags.Fin, 3, ""), Take());
        _acknowledgment += 4;
        Send(TcpFlags.Ack, "still here");
        _sequence += 10;
        Send(TcpFlags.Ack | TcpFlags.Fin);
        Assert.Equal(_sequence + 1, _bench.LastTcp().Acknowledgment);
        Assert.Equal(TcpState.TimeWait, Last.Connection.State);
        Assert.False(Last.Connection.GuestFinished);
        Last.Connection.Consume(10);
        Assert.True(Last.Connection.GuestFinished);
        Assert.False(Last.Host.ClosedByReset);
        _bench.Frames.Clear();
        Send(TcpFlags.Ack | TcpFlags.Fin);
        Assert.Equal(_sequence + 1, _bench.TakeTcp().Tcp.Acknowledgment);
        _bench.At(5000);
        Assert.Equal(0, _bench.Stack.TcpConnections);
    }

    [Fact]
    public void The_guest_finishes_first()
    {
        Connect();
        Send(TcpFlags.Ack | TcpFlags.Fin, "bye");
        _sequence += 4;
        Assert.Equal(_sequence, _bench.TakeTcp().Tcp.Acknowledgment);
        FromHost("half open");
        Last.Connection.HostFinished();
        _bench.Stack.Flush();
        Assert.Equal("half open", Take().Payload);
        Assert.Equal(TcpFlags.Ack | TcpFlags.Fin, Take().Flags);
        _acknowledgment += 10;
        Send(TcpFlags.Ack);
        Assert.Equal(0, _bench.Stack.TcpConnections);
        Assert.False(Last.Host.ClosedByReset);
        // What the guest sent is still there for a slow host.
        Assert.Equal(3, Last.Connection.Received.Length);
        Last.Connection.Consume(3);
        Assert.True(Last.Connection.GuestFinished);
    }

    [Fact]
    public void A_reset_counts_only_at_the_next_byte()
    {
        Connect();
        Send(TcpFlags.Rst, offset: 5);
        Assert.Equal(TcpFlags.Ack, Take().Flags);
        Send(TcpFlags.Rst, offset: -1);
        Assert.Empty(_bench.Frames);
        Send(TcpFlags.Rst);
        Assert.True(Last.Host.ClosedByReset);
        Assert.Equal(0, _bench.Stack.TcpConnections);
    }

    [Fact]
    public void A_reset_may_come_while_the_host_takes_and_gives_bytes()
    {
        Connect();
        Send(TcpFlags.Ack, "data");
        _sequence += 4;
        var (connection, taken, given) = (Last.Connection, Last.Connection.Received.Length, Last.Connection.RoomForGuest.Length);
        Send(TcpFlags.Rst);
        connection.Consume(taken);
        connection.Commit(given);
        connection.HostFinished();
        connection.Abort();
        Assert.True(connection.RoomForGuest.IsEmpty && connection.Received.IsEmpty);
        Assert.Equal(0, _bench.Stack.TcpConnections);
    }

    [Fact]
    public void A_guest_that_restarted_is_told_and_may_connect_again()
    {
        Connect();
        _sequence += 100_000_000;
        Send(TcpFlags.Syn);
        Assert.Equal(TcpFlags.Ack, _bench.TakeTcp().Tcp.Flags);
        Assert.Single(_bench.Connects);
    }

    [Fact]
    public void A_new_connection_may_follow_in_the_same_ports_at_once()
    {
        The_host_finishes_first_up_to_time_wait();
        _sequence += 1000;
        Send(TcpFlags.Syn);
        Assert.Equal(2, _bench.Connects.Count);
        Assert.Equal(1, _bench.Stack.TcpConnections);
    }

    private void The_host_finishes_first_up_to_time_wait()
    {
        Connect();
        Last.Connection.HostFinished();
        _bench.Stack.Flush();
        _acknowledgment++;
        Send(TcpFlags.Ack | TcpFlags.Fin);
        _bench.Frames.Clear();
        Assert.Equal(TcpState.TimeWait, Last.Connection.State);
    }

    [Fact]
    public void An_acknowledgment_of_what_was_never_sent_changes_nothing()
    {
        Connect();
        _acknowledgment += 50;
        Send(TcpFlags.Ack, "data");
        _acknowledgment -= 50;
        Assert.Equal(_sequence, _bench.TakeTcp().Tcp.Acknowledgment);
        Assert.Equal(0, Last.Connection.Received.Length);
    }

    [Fact]
    public void A_damaged_segment_is_as_good_as_lost()
    {
        Connect();
        var segment = new byte[24];
        new TcpHeader(Port, 80, _sequence, _acknowledgment, TcpFlags.Ack, 1000).Write(StackBench.Guest, Server.Address, segment);
        segment[22] ^= 1;
        _bench.SendIpv4(Server.Address, IpProtocol.Tcp, segment);
        Assert.Empty(_bench.Frames);
        Assert.Equal(0, Last.Connection.Received.Length);
    }

    [Fact]
    public void Data_for_a_guest_that_takes_no_frames_waits()
    {
        Connect();
        _bench.HasRoom = false;
        FromHost("patience");
        _bench.At(1000);
        _bench.At(100_000);
        _bench.HasRoom = true;
        _bench.Stack.Flush();
        Assert.Equal("patience", Take().Payload);
    }

    [Fact]
    public void The_host_hears_of_room_once_there_is_enough()
    {
        Connect(scale: 4);
        var room = Last.Connection.RoomForGuest;
        Assert.Equal(128 << 10, room.Length);
        Last.Connection.Commit(room.Length);
        Assert.True(Last.Connection.RoomForGuest.IsEmpty);
        for (int i = 0; i < 40 && Last.Host.Rooms == 0; i++)
        {
            _bench.Stack.Flush();
            _acknowledgment += (uint)_bench.TakeAllTcp().Sum(s => s.Payload.Length);
            Send(TcpFlags.Ack);
        }
        Assert.Equal(1, Last.Host.Rooms);
        Assert.InRange(Last.Connection.RoomForGuest.Length, 32 << 10, 128 << 10);
    }

    [Fact]
    public void Connections_are_bounded_and_those_that_only_wait_give_way()
    {
        var bench = new StackBench(limits: new NetworkLimits { Tcp = new TcpLimits { Connections = 3 } });
        bench.Announce();
        for (ushort port = 1; port <= 4; port++) bench.SendTcp(Server, new TcpHeader(port, 80, 1, 0, TcpFlags.Syn, 1000));
        Assert.Equal(3, bench.Connects.Count);
        Assert.Equal(TcpFlags.Rst | TcpFlags.Ack, bench.TakeTcp().Tcp.Flags);
    }

    [Fact]
    public void A_forward_opens_towards_the_guest_from_the_gateway()
    {
        ScriptedHost? host = null;
        var connection = _bench.Stack.OpenForward(new(StackBench.Guest, 22), new(Ipv4Address.Loopback, 40000), _ => host = new ScriptedHost())!;
        var (ip, bytes) = _bench.TakeIpv4();
        Assert.Equal((StackBench.Gateway, StackBench.Guest), (ip.Source, ip.Destination));
        Assert.True(TcpHeader.TryRead(ip, bytes, out var syn, out _));
        Assert.Equal((40000, 22, TcpFlags.Syn, 1460, 2), (syn.SourcePort, syn.DestinationPort, syn.Flags, syn.Mss, syn.WindowScale));
        // A second client with the same port on another loopback address.
        Assert.NotNull(_bench.Stack.OpenForward(new(StackBench.Guest, 22), new(Ipv4Address.Parse("127.0.0.2"), 40000), _ => new ScriptedHost()));
        Assert.Equal(40001, _bench.TakeTcp().Tcp.SourcePort);
        _bench.SendTcp(new(StackBench.Gateway, 40000), new TcpHeader(22, 40000, 7, syn.Sequence + 1, TcpFlags.Rst | TcpFlags.Ack, 0));
        Assert.True(host!.ClosedByReset);
        Assert.Equal(TcpState.Closed, connection.State);
    }
}
