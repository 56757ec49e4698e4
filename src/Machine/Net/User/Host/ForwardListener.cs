using System.Net;
using System.Net.Sockets;
using Tcg.Mttcg.Machine.Net.Packets;

namespace Tcg.Mttcg.Machine.Net.User.Host;

/// <summary>A port of the host that leads into the guest.</summary>
internal sealed class ForwardListener : IAsyncDisposable
{
    private readonly NetworkLoop _loop;
    private readonly Ipv4Endpoint _guest;
    private readonly Socket _socket;
    private readonly SocketUdp? _udp;
    private readonly CancellationTokenSource _stop = new();
    private Task _task = Task.CompletedTask;

    /// <exception cref="NetworkException">The port is taken or the address is not the host's.</exception>
    public ForwardListener(NetworkLoop loop, HostForward forward, Ipv4Endpoint guest)
    {
        (_loop, _guest) = (loop, guest);
        _socket = forward.IsUdp ? new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _socket.Bind(forward.Host.ToIPEndPoint());
            if (!forward.IsUdp) _socket.Listen();
        }
        catch (SocketException e)
        {
            _socket.Dispose();
            throw new NetworkException($"hostfwd={(forward.IsUdp ? "udp" : "tcp")}:{forward.Host}: {e.Message}", e);
        }
        Host = (IPEndPoint)_socket.LocalEndPoint!;
        if (forward.IsUdp) _udp = new SocketUdp(_socket, null, Deliver);
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Host { get; }

    public void Start()
    {
        if (_udp is null) _task = AcceptAsync();
        else _udp.Start();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _socket.Dispose();
        await _task.ConfigureAwait(false);
    }

    private void Deliver(SocketUdp socket, Ipv4Endpoint from, ReadOnlySpan<byte> payload)
    {
        using (_loop.Enter()) _loop.Stack.UdpForwards.Deliver(socket, _guest, from, payload, _loop.Stack.Now);
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Open(await _socket.AcceptAsync(_stop.Token).ConfigureAwait(false));
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                // The client is gone already, or the host is out of descriptors for now.
                await Task.Delay(100, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private void Open(Socket client)
    {
        SocketTcp? host = null;
        using (_loop.Enter())
        {
            _loop.Stack.OpenForward(_guest, Ipv4Endpoint.From((IPEndPoint)client.RemoteEndPoint!), connection => host = new SocketTcp(_loop, connection, client));
        }
        if (host is not null)
        {
            _ = host.CarryAsync();
            return;
        }
        client.LingerState = new LingerOption(true, 0);
        client.Dispose();
    }
}
