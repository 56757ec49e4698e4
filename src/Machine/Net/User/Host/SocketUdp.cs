using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Tcg.Mttcg.Machine.Net.Packets;

namespace Tcg.Mttcg.Machine.Net.User.Host;

/// <summary>What came in at a UDP socket.</summary>
internal delegate void DatagramReceived(SocketUdp socket, Ipv4Endpoint from, ReadOnlySpan<byte> payload);

/// <summary>A UDP socket of the host. Datagrams that cannot leave at once are dropped, as UDP may.</summary>
/// <param name="resolver">Set: all goes there, and nothing else is listened to.</param>
internal sealed class SocketUdp(Socket socket, IPEndPoint? resolver, DatagramReceived received) : IUdpHost
{
    private readonly SocketAddress? _resolver = resolver?.Serialize();
    private readonly SocketAddress _to = new(AddressFamily.InterNetwork);

    public void Start()
    {
        socket.Blocking = false;
        _ = ReceiveAsync();
    }

    public void Send(HostTarget to, ReadOnlySpan<byte> payload)
    {
        try
        {
            socket.SendTo(payload, SocketFlags.None, _resolver ?? Address(to.Endpoint));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
        }
    }

    public void Dispose() => socket.Dispose();

    private async Task ReceiveAsync()
    {
        var buffer = GC.AllocateUninitializedArray<byte>(ushort.MaxValue);
        var from = new SocketAddress(socket.AddressFamily);
        while (true)
        {
            try
            {
                int count = await socket.ReceiveFromAsync(buffer, SocketFlags.None, from).ConfigureAwait(false);
                if (_resolver is not null && !from.Equals(_resolver)) continue;
                received(this, _resolver is null ? Endpoint(from) : default, buffer.AsSpan(0, count));
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.MessageSize)
            {
                // Somebody's port was closed, or a datagram was too long; others may come.
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    // struct sockaddr_in: family in the host's order, port and address in the network's.
    private SocketAddress Address(Ipv4Endpoint end)
    {
        var bytes = _to.Buffer.Span;
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], end.Port);
        end.Address.Write(bytes[4..]);
        return _to;
    }

    private static Ipv4Endpoint Endpoint(SocketAddress from)
    {
        var bytes = from.Buffer.Span;
        return new(Ipv4Address.Read(bytes[4..]), BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]));
    }
}
