using System.Net;
using System.Net.Sockets;
using Tcg.Mttcg.Machine.Net;
using Tcg.Mttcg.Machine.Net.Sockets;

namespace Tcg.Mttcg.Machine.Tests.Net.Sockets;

public sealed class SocketNetworkTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    private readonly FrameLink _first = new(), _second = new();
    private readonly List<SocketNetwork> _networks = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var network in _networks) await network.DisposeAsync();
    }

    private async Task<SocketNetwork> Start(SocketNetOptions options, FrameLink link)
    {
        var network = await SocketNetwork.StartAsync(options, link);
        _networks.Add(network);
        return network;
    }

    private static Frame Numbered(int number, int length)
    {
        var frame = Frame.Rent(length);
        frame.Bytes.Fill((byte)number);
        BitConverter.TryWriteBytes(frame.Bytes, number);
        return frame;
    }

    private static async Task SendMany(FrameLink from, int count)
    {
        for (int i = 0; i < count; i++) await from.Leaving.WriteAsync(Numbered(i, 60 + i % 1459));
    }

    private static async Task ExpectMany(FrameLink to, int count)
    {
        for (int i = 0; i < count; i++)
        {
            var frame = await to.Arriving.ReadAsync().AsTask().WaitAsync(Patience);
            Assert.Equal((i, 60 + i % 1459), (BitConverter.ToInt32(frame.Bytes), frame.Bytes.Length));
            frame.Return();
        }
    }

    [Fact]
    public async Task Two_cards_are_joined_by_tcp_in_both_directions_and_lose_nothing()
    {
        var listener = await Start(new(SocketNetMode.Listen, AnyPort), _first);
        await Start(new(SocketNetMode.Connect, listener.Local), _second);
        // Until the listener has accepted it drops what its guest sends, so the second guest speaks first.
        await SendMany(_second, 1);
        await ExpectMany(_first, 1);
        await Task.WhenAll(SendMany(_first, 5000), SendMany(_second, 5000), ExpectMany(_first, 5000), ExpectMany(_second, 5000)).WaitAsync(Patience);
    }

    [Fact]
    public async Task Two_cards_are_joined_by_udp()
    {
        using var probe = new UdpClient(AnyPort);
        var other = (IPEndPoint)probe.Client.LocalEndPoint!;
        probe.Dispose();
        var first = await Start(new(SocketNetMode.Udp, other, AnyPort), _first);
        await Start(new(SocketNetMode.Udp, first.Local, other), _second);
        for (int i = 0; i < 50; i++)
        {
            await _first.Leaving.WriteAsync(Numbered(i, 1514));
            var frame = await _second.Arriving.ReadAsync().AsTask().WaitAsync(Patience);
            Assert.Equal((i, 1514), (BitConverter.ToInt32(frame.Bytes), frame.Bytes.Length));
        }
        // A stranger is not heard.
        using var stranger = new UdpClient(AnyPort);
        await stranger.SendAsync(new byte[100], other);
        await _first.Leaving.WriteAsync(Numbered(77, 60));
        Assert.Equal(77, BitConverter.ToInt32((await _second.Arriving.ReadAsync().AsTask().WaitAsync(Patience)).Bytes));
    }

    [Fact]
    public async Task The_bytes_on_the_wire_are_a_length_in_network_order_and_the_frame()
    {
        var network = await Start(new(SocketNetMode.Listen, AnyPort), _first);
        using var peer = new TcpClient();
        await peer.ConnectAsync(network.Local);
        var stream = peer.GetStream();
        await stream.WriteAsync((byte[])[0, 0, 0, 60, .. new byte[59], 9]);
        var frame = await _first.Arriving.ReadAsync().AsTask().WaitAsync(Patience);
        Assert.Equal((60, 9), (frame.Bytes.Length, frame.Bytes[59]));
        await _first.Leaving.WriteAsync(Numbered(5, 300));
        var bytes = new byte[304];
        await stream.ReadExactlyAsync(bytes).AsTask().WaitAsync(Patience);
        Assert.Equal((byte[])[0, 0, 1, 44, 5, 0, 0, 0, 5], bytes[..9]);
    }

    [Fact]
    public async Task Frames_in_pieces_are_put_together_and_those_no_card_takes_are_passed_over()
    {
        var network = await Start(new(SocketNetMode.Listen, AnyPort), _first);
        using var peer = new TcpClient { NoDelay = true };
        await peer.ConnectAsync(network.Local);
        byte[] bytes = [0, 0, 0, 3, 1, 2, 3, 0, 0, 0xff, 0, .. new byte[0xff00], 0, 0, 0, 20, .. new byte[19], 4];
        foreach (var piece in bytes.Chunk(7000))
        {
            await peer.GetStream().WriteAsync(piece);
            await Task.Yield();
        }
        var frame = await _first.Arriving.ReadAsync().AsTask().WaitAsync(Patience);
        Assert.Equal((20, 4), (frame.Bytes.Length, frame.Bytes[19]));
    }

    [Fact]
    public async Task A_peer_that_talks_nonsense_is_dropped_and_the_next_one_is_served()
    {
        var network = await Start(new(SocketNetMode.Listen, AnyPort), _first);
        using var liar = new TcpClient();
        await liar.ConnectAsync(network.Local);
        await liar.GetStream().WriteAsync((byte[])[0x7f, 0xff, 0xff, 0xff]);
        Assert.Equal(0, await liar.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(Patience));
        await Start(new(SocketNetMode.Connect, network.Local), _second);
        await SendMany(_second, 3);
        await ExpectMany(_first, 3);
    }

    [Fact]
    public async Task A_peer_that_takes_nothing_holds_the_guest_up_and_an_absent_one_does_not()
    {
        var network = await Start(new(SocketNetMode.Listen, AnyPort), _first);
        await SendMany(_first, 2000).WaitAsync(Patience);
        using var peer = new TcpClient();
        await peer.ConnectAsync(network.Local);
        await peer.GetStream().WriteAsync((byte[])[0, 0, 0, 60, .. new byte[60]]);
        await _first.Arriving.ReadAsync().AsTask().WaitAsync(Patience);
        int sent = 0;
        var sending = Task.Run(async () =>
        {
            for (; sent < 100_000; sent++) await _first.Leaving.WriteAsync(Numbered(sent, 1514));
        });
        int last = -1;
        while (sent != last)
        {
            last = sent;
            await Task.Delay(500);
        }
        Assert.InRange(sent, 1, 50_000);
        peer.Close();
        await sending.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_connecting_end_comes_back_when_its_peer_does()
    {
        using var listener = new TcpListener(AnyPort);
        listener.Start();
        await Start(new(SocketNetMode.Connect, (IPEndPoint)listener.LocalEndpoint), _first);
        (await listener.AcceptTcpClientAsync().WaitAsync(Patience)).Close();
        using var again = await listener.AcceptTcpClientAsync().WaitAsync(Patience);
        await again.GetStream().WriteAsync((byte[])[0, 0, 0, 60, .. new byte[60]]);
        Assert.Equal(60, (await _first.Arriving.ReadAsync().AsTask().WaitAsync(Patience)).Bytes.Length);
    }

    [Fact]
    public async Task What_the_host_cannot_give_is_one_clear_line()
    {
        using var taken = new TcpListener(AnyPort);
        taken.Start();
        var end = (IPEndPoint)taken.LocalEndpoint;
        var error = await Assert.ThrowsAsync<NetworkException>(() => SocketNetwork.StartAsync(new(SocketNetMode.Listen, end), _first));
        Assert.Equal($"listen={end}: Address already in use", error.Message);
        taken.Stop();
        error = await Assert.ThrowsAsync<NetworkException>(() => SocketNetwork.StartAsync(new(SocketNetMode.Connect, end), _first));
        Assert.Equal($"connect={end}: Connection refused", error.Message);
    }
}
