using System.Buffers.Binary;
using System.Text;
using Tcg.Mttcg.Machine.Net.Packets;

namespace Tcg.Mttcg.Machine.Net.User;

/// <summary>DHCP (RFC 2131, options of RFC 2132) for a handful of machines, each known by its Ethernet address.</summary>
internal sealed class DhcpServer(UserNetOptions options)
{
    public const ushort ServerPort = 67, ClientPort = 68;

    private const int HeaderBytes = 236, LeastReplyBytes = 300, MostReplyBytes = 400;
    private const uint Cookie = 0x63825363, LeaseSeconds = 86400;
    private const byte Request = 1, Reply = 2, Ethernet = 1;
    private const byte Discover = 1, Offer = 2, RequestMessage = 3, Decline = 4, Ack = 5, Nak = 6, Release = 7, Inform = 8;
    private const byte Pad = 0, SubnetMask = 1, Router = 3, NameServer = 6, HostName = 12, RequestedAddress = 50, LeaseTime = 51, MessageType = 53, ServerId = 54, End = 255;

    private readonly MacAddress?[] _leases = new MacAddress?[UserNetOptions.Leases];

    /// <summary>Answers a client.</summary>
    public void Receive(ReadOnlySpan<byte> message, GuestWire wire)
    {
        if (message.Length < HeaderBytes + 4 || message[0] != Request || message[1] != Ethernet || message[2] != MacAddress.Bytes) return;
        if (BinaryPrimitives.ReadUInt32BigEndian(message[HeaderBytes..]) != Cookie) return;
        var client = MacAddress.Read(message[28..]);
        var found = message[(HeaderBytes + 4)..];
        if (!TryFind(found, MessageType, out var kind) || kind.Length != 1 || client.IsGroup) return;
        var current = Ipv4Address.Read(message[12..]);
        var wanted = TryFind(found, RequestedAddress, out var requested) && requested.Length == 4 ? Ipv4Address.Read(requested) : current;
        bool elsewhere = TryFind(found, ServerId, out var server) && server.Length == 4 && Ipv4Address.Read(server) != options.Gateway;
        switch (kind[0])
        {
            case Discover when Lease(client, wanted) is { } offered: Answer(message, client, Offer, offered, wire); break;
            case RequestMessage when !elsewhere:
                var lease = Lease(client, wanted);
                if (lease is { } given && given == wanted) Answer(message, client, Ack, given, wire);
                else Answer(message, client, Nak, Ipv4Address.Any, wire);
                break;
            case Inform: Answer(message, client, Ack, Ipv4Address.Any, wire); break;
            case Decline or Release: Free(client); break;
        }
    }

    /// <summary>The client's address: the one it has, the one it wants, or the first free one.</summary>
    private Ipv4Address? Lease(MacAddress client, Ipv4Address wanted)
    {
        int index = Array.IndexOf(_leases, client);
        uint wish = wanted.Value - options.FirstLease.Value;
        if (index < 0 && wish < UserNetOptions.Leases && _leases[wish] is null) index = (int)wish;
        if (index < 0) index = Array.IndexOf(_leases, null);
        if (index < 0) return null;
        _leases[index] = client;
        return new Ipv4Address(options.FirstLease.Value + (uint)index);
    }

    private void Free(MacAddress client)
    {
        int index = Array.IndexOf(_leases, client);
        if (index >= 0) _leases[index] = null;
    }

    private void Answer(ReadOnlySpan<byte> request, MacAddress client, byte kind, Ipv4Address given, GuestWire wire)
    {
        Span<byte> reply = stackalloc byte[MostReplyBytes];
        reply.Clear();
        request[..HeaderBytes].CopyTo(reply);
        // Keeps the transaction, flags and hardware address of the request; no boot server or file.
        reply[44..HeaderBytes].Clear();
        reply[0] = Reply;
        reply[3] = 0;
        given.Write(reply[16..]);
        options.Gateway.Write(reply[20..]);
        BinaryPrimitives.WriteUInt32BigEndian(reply[HeaderBytes..], Cookie);
        int at = HeaderBytes + 4;
        Put(reply, ref at, MessageType, [kind]);
        Put(reply, ref at, ServerId, Bytes(options.Gateway.Value));
        if (kind != Nak)
        {
            if (given != Ipv4Address.Any) Put(reply, ref at, LeaseTime, Bytes(LeaseSeconds));
            Put(reply, ref at, SubnetMask, Bytes(options.Mask));
            if (!options.Restrict)
            {
                Put(reply, ref at, Router, Bytes(options.Gateway.Value));
                Put(reply, ref at, NameServer, Bytes(options.NameServer.Value));
            }
            if (options.HostName is { Length: > 0 } name) Put(reply, ref at, HostName, Encoding.ASCII.GetBytes(name));
        }
        reply[at++] = End;
        // The client may have no address yet to be asked for by ARP.
        wire.SendUdp(new(options.Gateway, ServerPort), new(Ipv4Address.Broadcast, ClientPort), reply[..Math.Max(at, LeastReplyBytes)], client);
    }

    private static byte[] Bytes(uint value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];

    private static void Put(Span<byte> reply, ref int at, byte code, ReadOnlySpan<byte> value)
    {
        reply[at++] = code;
        reply[at++] = (byte)value.Length;
        value.CopyTo(reply[at..]);
        at += value.Length;
    }

    private static bool TryFind(ReadOnlySpan<byte> found, byte code, out ReadOnlySpan<byte> value)
    {
        while (found.Length > 0 && found[0] != End)
        {
            if (found[0] == Pad)
            {
                found = found[1..];
                continue;
            }
            if (found.Length < 2 || found.Length < 2 + found[1]) break;
            if (found[0] == code)
            {
                value = found.Slice(2, found[1]);
                return true;
            }
            found = found[(2 + found[1])..];
        }
        value = default;
        return false;
    }
}
