using Tcg.Mttcg.Machine.Net.Packets;
using Tcg.Mttcg.Machine.Net.User;
using Tcg.Mttcg.Machine.Net.User.Tcp;

namespace Tcg.Mttcg.Machine.Tests.Net.User;

/// <summary>Whatever a guest sends, the network neither throws nor grows, and still serves an honest packet afterwards.</summary>
public sealed class HostileGuestTests
{
    private static readonly NetworkLimits Limits = new() { UdpFlows = 8, Reassemblies = 4, Neighbours = 4, Tcp = new TcpLimits { Connections = 8, BufferBytes = 4096 } };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Random_bytes_and_mutated_packets_do_no_harm(int seed)
    {
        var random = new Random(seed);
        var bench = new StackBench(limits: Limits);
        bench.Announce();
        long now = 0;
        for (int i = 0; i < 40_000; i++)
        {
            bench.Frames.Clear();
            bench.HasRoom = random.Next(8) != 0;
            bench.Stack.Receive(random.Next(4) == 0 ? Noise(random) : Mutant(random, bench));
            if (random.Next(3) == 0) PlayHost(random, bench);
            bench.At(now += random.Next(100) == 0 ? random.Next(100_000) : random.Next(20));
            Assert.InRange(bench.Stack.TcpConnections, 0, 8);
            Assert.InRange(bench.Stack.Udp.Count, 0, 8);
            Assert.InRange(bench.Stack.UdpForwards.Count, 0, 8);
            Assert.InRange(bench.Frames.Count, 0, 200);
        }
        Assert.Contains(bench.Connects, c => c.Connection.State == TcpState.Closed);
        bench.HasRoom = true;
        bench.Frames.Clear();
        bench.SendArp(new ArpPacket(ArpPacket.Request, StackBench.Mac, StackBench.Guest, default, StackBench.Gateway));
        Assert.Single(bench.Frames);
        bench.Stack.Dispose();
        Assert.Equal((0, 0), (bench.Stack.TcpConnections, bench.Stack.Udp.Count));
    }

    [Fact]
    public void A_flood_of_connections_stops_at_the_limit_and_passes()
    {
        var bench = new StackBench(limits: Limits);
        bench.Announce();
        for (ushort port = 1; port < 1000; port++)
        {
            bench.SendTcp(new(StackBench.Gateway, 80), new TcpHeader(port, 80, port, 0, TcpFlags.Syn, 1000));
            foreach (var (connection, _, _) in bench.Connects) connection.HostConnected();
        }
        Assert.Equal(8, bench.Connects.Count);
        // Nobody acknowledges: the handshakes end by themselves.
        for (int i = 0; i < 100 && bench.Stack.TcpConnections > 0; i++) bench.At(bench.Stack.Deadline);
        Assert.Equal(0, bench.Stack.TcpConnections);
        Assert.All(bench.Connects, c => Assert.True(c.Host.ClosedByReset));
    }

    private static byte[] Noise(Random random)
    {
        var bytes = new byte[random.Next(100)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Mutant(Random random, StackBench bench)
    {
        var frame = Honest(random, bench);
        // Some are damaged so that the checksum shows it, most so that it does not.
        for (int flips = random.Next(3); flips > 0; flips--) frame[random.Next(frame.Length)] = (byte)random.Next(256);
        if (random.Next(4) != 0 && frame.Length >= 34) Repair(frame);
        return random.Next(10) == 0 ? frame[..random.Next(frame.Length)] : frame;
    }

    private static void Repair(byte[] frame)
    {
        int headerBytes = Math.Min((frame[14] & 15) * 4, frame.Length - 14);
        if (headerBytes < 20) return;
        frame[24] = frame[25] = 0;
        InternetChecksum.Write(InternetChecksum.Add(0, frame.AsSpan(14, headerBytes)), frame.AsSpan(24));
        var rest = frame.AsSpan(14 + headerBytes);
        int at = frame[23] switch { 1 => 2, 6 => 16, 17 => 6, _ => -1 };
        if (at < 0 || rest.Length < at + 2) return;
        rest[at] = rest[at + 1] = 0;
        ulong sum = frame[23] == 1 ? 0 : InternetChecksum.Pseudo(Ipv4Address.Read(frame.AsSpan(26)), Ipv4Address.Read(frame.AsSpan(30)), frame[23], rest.Length);
        InternetChecksum.Write(InternetChecksum.Add(sum, rest), rest[at..]);
    }

    private static byte[] Honest(Random random, StackBench bench)
    {
        var to = random.Next(3) switch { 0 => StackBench.Gateway, 1 => StackBench.Dns, _ => new Ipv4Address((uint)random.NextInt64(1L << 32)) };
        ushort port = (ushort)(random.Next(2) == 0 ? 53 : 67);
        var payload = new byte[random.Next(20) == 0 ? random.Next(1400) : random.Next(30)];
        byte[] inner;
        IpProtocol protocol;
        switch (random.Next(4))
        {
            case 0:
                (protocol, inner) = (IpProtocol.Udp, StackBench.Udp(new(StackBench.Guest, (ushort)random.Next(100)), new(to, port), payload));
                break;
            case 1:
                (protocol, inner) = (IpProtocol.Icmp, new byte[8 + payload.Length]);
                IcmpMessage.Write(IcmpMessage.EchoRequest, 0, inner);
                break;
            default:
                (protocol, to) = (IpProtocol.Tcp, StackBench.Gateway);
                inner = Segment(random, bench, payload);
                break;
        }
        var frame = new byte[34 + inner.Length];
        new EthernetHeader(MacAddress.Broadcast, StackBench.Mac, EtherType.Ipv4).Write(frame);
        bool fragment = random.Next(10) == 0;
        new Ipv4Header(StackBench.Guest, to, protocol, inner.Length, (ushort)random.Next(6), fragment, fragment ? random.Next(8) * 8 : 0).Write(frame.AsSpan(14));
        inner.CopyTo(frame, 34);
        return frame;
    }

    // Near the truth: what the network last said is acknowledged, more or less.
    private static byte[] Segment(Random random, StackBench bench, byte[] payload)
    {
        var last = bench.Frames.Count > 0 && Ipv4Header.TryRead(bench.Frames[^1].AsSpan(14), out var ip, out var bytes) && ip.Protocol == IpProtocol.Tcp
            && TcpHeader.TryRead(ip, bytes, out var seen, out _) ? seen : new TcpHeader(80, (ushort)random.Next(1, 20), 0, 5, default, 0);
        var header = new TcpHeader(last.DestinationPort, 80, last.Acknowledgment + (uint)random.Next(-2, 3), last.Sequence + (uint)random.Next(-2, 1500), (TcpFlags)random.Next(32),
            (ushort)random.Next(65536), (ushort)(random.Next(3) == 0 ? random.Next(65536) : 0), random.Next(-1, 15));
        if (random.Next(2) == 0) header = header with { Flags = random.Next(3) == 0 ? TcpFlags.Syn : TcpFlags.Ack };
        var segment = new byte[header.Length + payload.Length];
        payload.CopyTo(segment, header.Length);
        header.Write(StackBench.Guest, StackBench.Gateway, segment);
        return segment;
    }

    private static void PlayHost(Random random, StackBench bench)
    {
        if (bench.Sockets.Count > 0 && bench.Sockets[random.Next(bench.Sockets.Count)].Flow is { } flow) bench.Stack.Udp.Deliver(flow, new(new((uint)random.Next()), 9), new byte[random.Next(3000)], bench.Stack.Now);
        if (random.Next(20) == 0) bench.Stack.OpenForward(new(StackBench.Guest, 22), new(Ipv4Address.Loopback, (ushort)random.Next(1, 9)), connection =>
        {
            var host = new ScriptedHost();
            bench.Connects.Add((connection, default, host));
            return host;
        });
        if (random.Next(20) == 0) bench.Stack.UdpForwards.Deliver(new ScriptedUdp(null), new(StackBench.Guest, 69), new(new((uint)random.Next()), 9), new byte[10], bench.Stack.Now);
        if (bench.Connects.Count == 0) return;
        var connection = bench.Connects[random.Next(Math.Max(0, bench.Connects.Count - 12), bench.Connects.Count)].Connection;
        switch (random.Next(6))
        {
            case 0 or 1: connection.HostConnected(); break;
            case 2 when connection.RoomForGuest.Length > 0: connection.Commit(random.Next(1, connection.RoomForGuest.Length + 1)); break;
            case 3 when connection.Received.Length > 0: connection.Consume(random.Next(1, connection.Received.Length + 1)); break;
            case 4 when random.Next(4) == 0: connection.HostFinished(); break;
            case 5 when random.Next(10) == 0: connection.Abort(); break;
        }
    }
}
