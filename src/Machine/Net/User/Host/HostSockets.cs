using System.Net;
using System.Net.Sockets;
using Tcg.Mttcg.Machine.Net.Packets;
using Tcg.Mttcg.Machine.Net.User.Tcp;

namespace Tcg.Mttcg.Machine.Net.User.Host;

/// <summary>The guest's way out: plain sockets of this process, so no privilege is needed.</summary>
internal sealed class HostSockets(NetworkLoop loop, UserNetOptions options) : IHostNetwork
{
    public ITcpHost? Connect(TcpConnection connection, HostTarget target)
    {
        var end = target.IsNameServer ? Resolver.Find(options) : target.Endpoint.ToIPEndPoint();
        if (end is null || TryOpen(end.AddressFamily, SocketType.Stream, ProtocolType.Tcp) is not { } socket) return null;
        var host = new SocketTcp(loop, connection, socket);
        // Off this thread, which holds the network's lock.
        _ = Task.Run(() => host.ConnectAsync(end));
        return host;
    }

    public IUdpHost? OpenUdp(UdpFlow flow)
    {
        var resolver = flow.IsNameServer ? Resolver.Find(options) : null;
        if (flow.IsNameServer && resolver is null) return null;
        if (TryOpen(resolver?.AddressFamily ?? AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) is not { } socket) return null;
        var host = new SocketUdp(socket, resolver, (_, from, payload) =>
        {
            using (loop.Enter()) loop.Stack.Udp.Deliver(flow, from, payload, loop.Stack.Now);
        });
        try
        {
            socket.Bind(new IPEndPoint(resolver is { AddressFamily: AddressFamily.InterNetworkV6 } ? IPAddress.IPv6Any : IPAddress.Any, 0));
        }
        catch (SocketException)
        {
            host.Dispose();
            return null;
        }
        host.Start();
        return host;
    }

    // The host may be out of descriptors.
    private static Socket? TryOpen(AddressFamily family, SocketType type, ProtocolType protocol)
    {
        try
        {
            return new Socket(family, type, protocol);
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
