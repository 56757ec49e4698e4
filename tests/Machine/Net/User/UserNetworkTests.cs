using System.Net;
using System.Net.Sockets;
using Tcg.Mttcg.Machine.Net;
using Tcg.Mttcg.Machine.Net.Packets;
using Tcg.Mttcg.Machine.Net.User;
using Tcg.Mttcg.Machine.Net.User.Host;

namespace Tcg.Mttcg.Machine.Tests.Net.User;

/// <summary>The network on real sockets, all on the loopback interface.</summary>
public sealed class UserNetworkTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly FrameLink _link = new();
    private readonly List<IAsyncDisposable> _things = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var thing in _things.AsEnumerable().Reverse()) await thing.DisposeAsync();
    }

    private UserNetwork Start(UserNetOptions? options = null)
    {
        var network = UserNetwork.Start(options ?? new UserNetOptions(), _link);
        _things.Add(network);
        return network;
    }

    private LinkGuest Guest(params ushort[] listening)
    {
        var guest = new LinkGuest(_link);
        guest.Listening.UnionWith(listening);
        _things.Add(guest);
        return guest;
    }

    private static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    private static Ipv4Endpoint ThroughGateway(EndPoint end) => new(StackBench.Gateway, (ushort)((IPEndPoint)end).Port);

    private static byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        new Random(count).NextBytes(bytes);
        return bytes;
    }

    // Assert.Equal would take seconds over megabytes.
    private static void Same(byte[] expected, byte[] actual) => Assert.True(expected.AsSpan().SequenceEqual(actual), $"{expected.Length} bytes expected, {actual.Length} came");

    private static async Task<byte[]> ReadToEnd(Stream stream)
    {
        var all = new MemoryStream();
        await stream.CopyToAsync(all);
        return all.ToArray();
    }

    private static HostForward Forward(ushort guestPort, bool udp = false, ushort hostPort = 0) =>
        new(udp, new(Ipv4Address.Loopback, hostPort), new(Ipv4Address.Any, guestPort));

    [Fact]
    public async Task A_guest_reaches_a_server_on_the_host_and_both_streams_arrive_whole()
    {
        using var listener = Listen();
        Start();
        byte[] up = Bytes(12_000_000), down = Bytes(12_000_001);
        var server = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync();
            var reading = ReadToEnd(client.GetStream());
            await client.GetStream().WriteAsync(down);
            client.Client.Shutdown(SocketShutdown.Send);
            return await reading;
        });
        var socket = Guest().Connect(ThroughGateway(listener.LocalEndpoint));
        var received = socket.ReceiveToEndAsync();
        await socket.SendAsync(up, finish: true).WaitAsync(Patience);
        Same(down, await received.WaitAsync(Patience));
        Same(up, await server.WaitAsync(Patience));
        Assert.False(await socket.Ended.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_client_on_the_host_reaches_a_server_in_the_guest()
    {
        var network = Start(new UserNetOptions { Forwards = [Forward(22)] });
        var guest = Guest(22);
        using var client = new TcpClient();
        await client.ConnectAsync(network.Forwards[0]);
        var socket = await guest.AcceptAsync().AsTask().WaitAsync(Patience);
        byte[] up = Bytes(5_000_000), down = Bytes(5_000_001);
        var tasks = (socket.ReceiveToEndAsync(), socket.SendAsync(down, finish: true), ReadToEnd(client.GetStream()));
        await client.GetStream().WriteAsync(up);
        client.Client.Shutdown(SocketShutdown.Send);
        Same(up, await tasks.Item1.WaitAsync(Patience));
        Same(down, await tasks.Item3.WaitAsync(Patience));
    }

    [Fact]
    public async Task Nobody_listening_is_a_reset_on_either_side()
    {
        var free = Listen();
        var end = free.LocalEndpoint;
        free.Stop();
        var network = Start(new UserNetOptions { Forwards = [Forward(22)] });
        Assert.True(await Guest().Connect(ThroughGateway(end)).Ended.WaitAsync(Patience));
        using var client = new TcpClient();
        // The reset may be faster than the end of the connect.
        var error = await Assert.ThrowsAsync<SocketException>(async () =>
        {
            await client.ConnectAsync(network.Forwards[0]);
            await client.Client.ReceiveAsync(new byte[1]).WaitAsync(Patience);
        });
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [Fact]
    public async Task A_reset_in_the_guest_resets_the_host_and_the_other_way_round()
    {
        using var listener = Listen();
        Start();
        var guest = Guest();
        var first = guest.Connect(ThroughGateway(listener.LocalEndpoint));
        using (var client = await listener.AcceptTcpClientAsync().WaitAsync(Patience))
        {
            await first.SendAsync([1], finish: false);
            await client.GetStream().ReadExactlyAsync(new byte[1]);
            first.Abort();
            await Assert.ThrowsAsync<IOException>(() => client.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(Patience));
        }
        var second = guest.Connect(ThroughGateway(listener.LocalEndpoint));
        // A TcpClient would send FIN before the reset.
        using (var client = await listener.AcceptSocketAsync().WaitAsync(Patience)) client.LingerState = new LingerOption(true, 0);
        Assert.True(await second.Ended.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_reset_after_the_host_s_end_reaches_the_guest_when_it_sends()
    {
        using var listener = Listen();
        Start();
        var socket = Guest().Connect(ThroughGateway(listener.LocalEndpoint));
        using (var client = await listener.AcceptSocketAsync().WaitAsync(Patience))
        {
            client.LingerState = new LingerOption(true, 0);
            client.Shutdown(SocketShutdown.Send);
            Assert.Empty(await socket.ReceiveToEndAsync().WaitAsync(Patience));
        }
        await socket.SendAsync([1], finish: false).WaitAsync(Patience);
        Assert.True(await socket.Ended.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_host_that_does_not_read_stops_the_guest_after_a_bounded_amount()
    {
        using var listener = Listen();
        listener.Server.ReceiveBufferSize = 64 << 10;
        Start();
        var socket = Guest().Connect(ThroughGateway(listener.LocalEndpoint));
        using var client = await listener.AcceptTcpClientAsync().WaitAsync(Patience);
        var bytes = Bytes(40_000_000);
        var sending = socket.SendAsync(bytes, finish: true);
        int last = -1;
        while (socket.Sent != last)
        {
            last = socket.Sent;
            await Task.Delay(700);
        }
        // The kernel's two socket buffers, ours and the guest's.
        Assert.InRange(socket.Sent, 1, 20_000_000);
        var reading = ReadToEnd(client.GetStream());
        await sending.WaitAsync(Patience);
        // The host's side of the connection ends when we close it.
        client.Client.Shutdown(SocketShutdown.Send);
        Same(bytes, await reading.WaitAsync(Patience));
    }

    [Fact]
    public async Task Many_connections_at_once_keep_their_bytes_apart()
    {
        using var listener = Listen();
        Start();
        var guest = Guest();
        var echo = Task.Run(async () =>
        {
            for (int i = 0; i < 50; i++)
            {
                var client = await listener.AcceptTcpClientAsync();
                _ = Task.Run(async () =>
                {
                    using (client) await client.GetStream().CopyToAsync(client.GetStream());
                });
            }
        });
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async i =>
        {
            var bytes = Bytes(20_000 + i);
            var socket = guest.Connect(ThroughGateway(listener.LocalEndpoint));
            var received = socket.ReceiveToEndAsync();
            await socket.SendAsync(bytes, finish: true);
            Assert.Equal(bytes, await received);
        })).WaitAsync(Patience);
        await echo.WaitAsync(Patience);
    }

    [Fact]
    public async Task Datagrams_go_out_come_back_and_are_forwarded()
    {
        using var server = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var network = Start(new UserNetOptions { Forwards = [Forward(69, udp: true)] });
        var guest = Guest();
        guest.SendUdp(4000, ThroughGateway(server.Client.LocalEndPoint!), "question"u8.ToArray());
        var question = await server.ReceiveAsync().WaitAsync(Patience);
        await server.SendAsync(Bytes(1000), question.RemoteEndPoint);
        var answer = await guest.ReceiveAsync().AsTask().WaitAsync(Patience);
        Assert.Equal((ThroughGateway(server.Client.LocalEndPoint!), (ushort)4000), (answer.From, answer.To));

        await server.SendAsync("through the forward"u8.ToArray(), network.Forwards[0]);
        var forwarded = await guest.ReceiveAsync().AsTask().WaitAsync(Patience);
        Assert.Equal((ThroughGateway(server.Client.LocalEndPoint!), (ushort)69), (forwarded.From, forwarded.To));
        guest.SendUdp(69, forwarded.From, "back"u8.ToArray());
        var back = await server.ReceiveAsync().WaitAsync(Patience);
        Assert.Equal((network.Forwards[0], "back"), (back.RemoteEndPoint, System.Text.Encoding.ASCII.GetString(back.Buffer)));
    }

    [Fact]
    public async Task Names_are_asked_of_the_hosts_resolver_by_udp_and_tcp()
    {
        using var resolver = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        using var overTcp = new TcpListener((IPEndPoint)resolver.Client.LocalEndPoint!);
        overTcp.Start();
        Start(new UserNetOptions { Resolver = (IPEndPoint)resolver.Client.LocalEndPoint! });
        var guest = Guest();
        guest.SendUdp(4000, new(StackBench.Dns, 53), "name?"u8.ToArray());
        var question = await resolver.ReceiveAsync().WaitAsync(Patience);
        await resolver.SendAsync("address"u8.ToArray(), question.RemoteEndPoint);
        var answer = await guest.ReceiveAsync().AsTask().WaitAsync(Patience);
        Assert.Equal((new(StackBench.Dns, 53), (ushort)4000), (answer.From, answer.To));
        // An answer from anybody else is none.
        using var liar = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        await liar.SendAsync("lie"u8.ToArray(), question.RemoteEndPoint);
        await resolver.SendAsync("truth"u8.ToArray(), question.RemoteEndPoint);
        Assert.Equal("truth"u8.ToArray(), (await guest.ReceiveAsync().AsTask().WaitAsync(Patience)).Payload);

        guest.Connect(new(StackBench.Dns, 53));
        using var client = await overTcp.AcceptTcpClientAsync().WaitAsync(Patience);
        Assert.True(client.Connected);
    }

    [Fact]
    public void A_taken_port_is_one_clear_line_and_gives_the_others_back()
    {
        using var taken = Listen();
        var end = (IPEndPoint)taken.LocalEndpoint;
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        ushort freed = (ushort)((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        var options = new UserNetOptions { Forwards = [Forward(22, hostPort: freed), Forward(23, hostPort: (ushort)end.Port)] };
        var error = Assert.Throws<NetworkException>(() => UserNetwork.Start(options, _link));
        Assert.Equal($"hostfwd=tcp:127.0.0.1:{end.Port}: Address already in use", error.Message);
        using var again = new TcpListener(IPAddress.Loopback, freed);
        again.Start();
    }

    [Fact]
    public async Task The_end_of_the_network_resets_what_is_open_and_frees_its_ports()
    {
        var network = Start(new UserNetOptions { Forwards = [Forward(22)] });
        var guest = Guest(22);
        using var client = new TcpClient();
        await client.ConnectAsync(network.Forwards[0]);
        await guest.AcceptAsync().AsTask().WaitAsync(Patience);
        await network.DisposeAsync().AsTask().WaitAsync(Patience);
        await Assert.ThrowsAsync<IOException>(() => client.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(Patience));
        using var again = new TcpListener(network.Forwards[0]);
        again.Start();
    }

    [Theory]
    [InlineData("nameserver 192.0.2.1", "192.0.2.1:53")]
    [InlineData("# comment\nsearch x\n  nameserver\t2001:db8::1 \nnameserver 192.0.2.1", "[2001:db8::1]:53")]
    [InlineData("nameserver\nnameserver nonsense", null)]
    [InlineData("", null)]
    public void The_first_name_server_of_the_host_is_found(string text, string? expected) => Assert.Equal(expected, Resolver.First(text.Split('\n'))?.ToString());
}
