using System.Net;
using System.Net.Sockets;
using Tcg.Mttcg.Cli.Options;
using Tcg.Mttcg.Machine.Serial;

namespace Tcg.Mttcg.Cli.Output;

/// <summary>A guest's serial port as a socket: one client after the other, or a connection that this side opens. While nobody is connected the guest's output is lost.</summary>
internal sealed class SocketPump : IAsyncDisposable
{
    private const int BatchBytes = 4096;

    private readonly SerialLink _link;
    private readonly SerialTarget _target;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Socket? _listener;
    private readonly Task _serving, _draining;
    private volatile Socket? _client;

    private SocketPump(SerialLink link, SerialTarget target, Socket socket)
    {
        (_link, _target) = (link, target);
        if (target.IsServer) _listener = socket;
        else Connect(socket);
        _draining = DrainAsync();
        _serving = target.IsServer ? ServeAsync(socket) : FeedAsync(socket);
    }

    /// <summary>Done when the machine may start.</summary>
    public Task Ready => _target.Waits ? _connected.Task : Task.CompletedTask;

    /// <exception cref="UsageException">The address cannot be used.</exception>
    public static SocketPump Open(SerialLink link, SerialTarget target)
    {
        var isUnix = target.Address is UnixDomainSocketEndPoint;
        var family = target.Address is IPEndPoint { AddressFamily: var ip } ? ip : AddressFamily.InterNetwork;
        var socket = isUnix ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) : new Socket(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (target.IsServer) Listen(socket, target.Address!);
            else socket.Connect(target.Address!);
            return new SocketPump(link, target, socket);
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            socket.Dispose();
            throw new UsageException($"-serial {target.Address}: {e.Message}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _link.CompleteOutput();
        await _draining;
        await _stop.CancelAsync();
        _listener?.Dispose();
        _client?.Dispose();
        await _serving;
        if (_listener is not null && _target.Address is UnixDomainSocketEndPoint path) File.Delete(path.ToString());
        _stop.Dispose();
    }

    private static void Listen(Socket socket, EndPoint address)
    {
        // What an earlier run left behind. Somebody who still listens there keeps the name's old socket.
        if (address is UnixDomainSocketEndPoint path) File.Delete(path.ToString());
        else socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(address is DnsEndPoint name ? new IPEndPoint(Dns.GetHostAddresses(name.Host, AddressFamily.InterNetwork)[0], name.Port) : address);
        socket.Listen(1);
    }

    private async Task ServeAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptAsync(_stop.Token);
                Connect(client);
                await FeedAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private void Connect(Socket client)
    {
        _client = client;
        _connected.TrySetResult();
    }

    private async Task FeedAsync(Socket client)
    {
        var batch = new byte[BatchBytes];
        try
        {
            int count;
            while ((count = await client.ReceiveAsync(batch, _stop.Token)) > 0)
            {
                for (var i = 0; i < count; i++) _link.Input.TryWrite(batch[i]);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
        // A server waits for the next one; the guest's last words still go to a peer that only stopped talking.
        if (_target.IsServer && !_stop.IsCancellationRequested) Disconnect(client);
    }

    private void Disconnect(Socket client)
    {
        _client = null;
        client.Dispose();
    }

    private async Task DrainAsync()
    {
        var batch = new byte[BatchBytes];
        while (await _link.Output.WaitToReadAsync())
        {
            var count = 0;
            while (count < batch.Length && _link.Output.TryRead(out batch[count])) count++;
            if (_client is not { } client) continue;
            try
            {
                for (var sent = 0; sent < count;) sent += await client.SendAsync(batch.AsMemory(sent, count - sent));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                Disconnect(client);
            }
        }
    }
}
