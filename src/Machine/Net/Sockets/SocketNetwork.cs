using System.Net;
using System.Net.Sockets;
using Tcg.Mttcg.Machine.Wiring;

namespace Tcg.Mttcg.Machine.Net.Sockets;

/// <summary>Joins a guest's card to another machine's by a TCP connection or by UDP datagrams, in QEMU's format. While nobody is connected the guest's frames are lost, as on an empty hub.</summary>
public sealed class SocketNetwork : IAsyncDisposable
{
    private const int RetryMilliseconds = 500;

    private readonly FrameLink _link;
    private readonly Socket _socket;
    private readonly SocketNetOptions _options;
    private readonly IDeviceLog _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _task;

    private SocketNetwork(SocketNetOptions options, Socket socket, FrameLink link, IDeviceLog log)
    {
        (_options, _socket, _link, _log) = (options, socket, link, log);
        Local = (IPEndPoint)socket.LocalEndPoint!;
        _task = Task.Run(() => options.Mode switch
        {
            SocketNetMode.Listen => ListenAsync(),
            SocketNetMode.Connect => ConnectAsync(),
            _ => new DatagramCable(socket, options.Address, link).RunAsync(_stop.Token),
        });
    }

    /// <summary>Our end.</summary>
    public IPEndPoint Local { get; }

    /// <exception cref="NetworkException">The port is taken, or nobody listens at the other end.</exception>
    public static async Task<SocketNetwork> StartAsync(SocketNetOptions options, FrameLink link, IDeviceLog? log = null)
    {
        var socket = options.Mode == SocketNetMode.Udp
            ? new Socket(options.Address.AddressFamily, SocketType.Dgram, ProtocolType.Udp)
            : NewStream(options);
        try
        {
            switch (options.Mode)
            {
                case SocketNetMode.Listen:
                    socket.Bind(options.Address);
                    socket.Listen(1);
                    break;
                case SocketNetMode.Connect:
                    await socket.ConnectAsync(options.Address).ConfigureAwait(false);
                    break;
                default:
                    socket.Bind(options.Local ?? new IPEndPoint(IPAddress.Any, 0));
                    break;
            }
        }
        catch (SocketException e)
        {
            socket.Dispose();
            var what = options.Mode == SocketNetMode.Udp ? $"udp={options.Address},localaddr={options.Local}" : $"{(options.Mode == SocketNetMode.Listen ? "listen" : "connect")}={options.Address}";
            throw new NetworkException($"{what}: {e.Message}", e);
        }
        return new SocketNetwork(options, socket, link, log ?? SilentDeviceLog.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _socket.Dispose();
        await _task.ConfigureAwait(false);
    }

    private static Socket NewStream(SocketNetOptions options) => new(options.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);

    // One peer at a time; the next one may come when it has gone.
    private async Task ListenAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var peer = await Alone(_socket.AcceptAsync(_stop.Token).AsTask()).ConfigureAwait(false);
            if (peer is not null) await CarryAsync(peer).ConfigureAwait(false);
        }
    }

    private async Task ConnectAsync()
    {
        Socket? peer = _socket;
        while (!_stop.IsCancellationRequested)
        {
            if (peer is not null) await CarryAsync(peer).ConfigureAwait(false);
            peer = await Alone(ReconnectAsync()).ConfigureAwait(false);
        }
    }

    private async Task<Socket> ReconnectAsync()
    {
        await Task.Delay(RetryMilliseconds, _stop.Token).ConfigureAwait(false);
        var socket = NewStream(_options);
        try
        {
            await socket.ConnectAsync(_options.Address, _stop.Token).ConfigureAwait(false);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Waits for a peer and meanwhile drops what the guest sends. Null: none came this time.</summary>
    private async Task<Socket?> Alone(Task<Socket> peer)
    {
        using var found = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var drops = DropAsync(found.Token);
        try
        {
            return await peer.ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            return null;
        }
        finally
        {
            await found.CancelAsync().ConfigureAwait(false);
            await drops.ConfigureAwait(false);
        }
    }

    private async Task DropAsync(CancellationToken cancel)
    {
        try
        {
            while (await _link.FromGuest.WaitToReadAsync(cancel).ConfigureAwait(false))
            {
                while (_link.FromGuest.TryRead(out var frame)) frame.Return();
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task CarryAsync(Socket peer)
    {
        peer.NoDelay = true;
        using (peer)
        {
            var fault = await new StreamCable(peer, _link).RunAsync(_stop.Token).ConfigureAwait(false);
            if (fault is not null) _log.Unhandled("netdev socket", fault);
        }
    }
}
