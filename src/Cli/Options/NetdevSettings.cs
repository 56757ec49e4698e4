using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Tcg.Mttcg.Machine.Net.Packets;
using Tcg.Mttcg.Machine.Net.Sockets;
using Tcg.Mttcg.Machine.Net.User;

namespace Tcg.Mttcg.Cli.Options;

/// <summary>What one <c>-netdev</c> says: user-mode networking or a cable to another machine.</summary>
public sealed record NetdevSettings(string Id, UserNetOptions? User, SocketNetOptions? Socket)
{
    private const string HostForwardKey = "hostfwd";

    /// <exception cref="UsageException"/>
    public static NetdevSettings Parse(string text)
    {
        var list = NewList("-netdev", text);
        var id = list.Take("id") is { Length: > 0 } given ? given : throw new UsageException($"-netdev {text}: id=NAME is missing");
        return Parse(list, id);
    }

    internal static PropertyList NewList(string option, string text) => new(option, text, HostForwardKey);

    internal static NetdevSettings Parse(PropertyList list, string id)
    {
        var settings = list.Head switch
        {
            "user" => new NetdevSettings(id, UserOf(list), null),
            "socket" => new NetdevSettings(id, null, SocketOf(list)),
            _ => throw new UsageException($"{list.Option} {list.Head}: 'user' or 'socket' is wanted"),
        };
        list.Finish();
        return settings;
    }

    private static UserNetOptions UserOf(PropertyList list)
    {
        if (!list.TakeSwitch("ipv4", true)) throw new UsageException($"{list.Option}: ipv4=off: there is no other kind");
        if (list.TakeSwitch("ipv6", false)) throw new UsageException($"{list.Option}: ipv6=on: there is only IPv4");
        var (network, prefix) = list.Take("net") is { } net ? NetworkOf(list, net) : (new UserNetOptions().Network, new UserNetOptions().PrefixLength);
        var options = new UserNetOptions
        {
            Network = network,
            PrefixLength = prefix,
            Host = Address(list, "host"),
            Dns = Address(list, "dns"),
            DhcpStart = Address(list, "dhcpstart"),
            HostName = list.Take("hostname"),
            Restrict = list.TakeSwitch("restrict", false),
            Forwards = [.. list.TakeAll().Select(text => Forward(list, text))],
        };
        try
        {
            options.Check();
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"{list.Option}: {e.Message}");
        }
        return options;
    }

    // ADDRESS/BITS or ADDRESS/MASK; without either, the class of the address decides, as in QEMU.
    private static (Ipv4Address, int) NetworkOf(PropertyList list, string text)
    {
        var parts = text.Split('/');
        if (parts.Length > 2 || !Ipv4Address.TryParse(parts[0], out var address)) throw new UsageException($"{list.Option}: net={text}: ADDRESS/BITS is wanted");
        if (parts.Length == 1) return (address, (address.Value >> 24) switch { < 128 => 8, < 192 => 16, _ => 24 });
        if (int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int bits) && bits <= 32) return (address, bits);
        if (Ipv4Address.TryParse(parts[1], out var mask))
        {
            int ones = System.Numerics.BitOperations.LeadingZeroCount(~mask.Value);
            if (mask.Value == (ones == 0 ? 0 : uint.MaxValue << (32 - ones))) return (address, ones);
        }
        throw new UsageException($"{list.Option}: net={text}: '{parts[1]}' is no mask");
    }

    private static Ipv4Address? Address(PropertyList list, string key)
    {
        if (list.Take(key) is not { } text) return null;
        return Ipv4Address.TryParse(text, out var address) ? address : throw new UsageException($"{list.Option}: {key}={text}: not an IPv4 address");
    }

    // [tcp|udp]:[HOSTADDRESS]:HOSTPORT-[GUESTADDRESS]:GUESTPORT
    private static HostForward Forward(PropertyList list, string text)
    {
        var ends = text.Split('-');
        var host = ends[0].Split(':');
        if (ends.Length != 2 || host.Length != 3 || host[0] is not ("" or "tcp" or "udp")) throw Wrong();
        return new HostForward(host[0] == "udp", End(host[1], host[2], least: 0), ends[1].Split(':') is [var address, var port] ? End(address, port, least: 1) : throw Wrong());

        Ipv4Endpoint End(string address, string port, int least)
        {
            var parsed = Ipv4Address.Any;
            if (address.Length > 0 && !Ipv4Address.TryParse(address, out parsed)) throw Wrong();
            return ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number) && number >= least ? new(parsed, number) : throw Wrong();
        }

        UsageException Wrong() => new($"{list.Option}: hostfwd={text}: [tcp|udp]:[HOSTADDRESS]:HOSTPORT-[GUESTADDRESS]:GUESTPORT is wanted");
    }

    private static SocketNetOptions SocketOf(PropertyList list)
    {
        var modes = new[] { (Mode: SocketNetMode.Listen, Text: list.Take("listen")), (Mode: SocketNetMode.Connect, Text: list.Take("connect")), (Mode: SocketNetMode.Udp, Text: list.Take("udp")) }
            .Where(mode => mode.Text is not null).ToArray();
        if (modes.Length != 1) throw new UsageException($"{list.Option} socket: one of listen=[ADDRESS]:PORT, connect=HOST:PORT and udp=HOST:PORT is wanted");
        var (mode, text) = modes[0];
        var local = list.Take("localaddr");
        if (mode == SocketNetMode.Udp != local is not null) throw new UsageException($"{list.Option} socket: localaddr=ADDRESS:PORT belongs to udp=");
        return new SocketNetOptions(mode, HostEnd(list, mode.ToString().ToLowerInvariant(), text!, least: mode == SocketNetMode.Listen ? 0 : 1), local is null ? null : HostEnd(list, "localaddr", local, least: 0));
    }

    private static IPEndPoint HostEnd(PropertyList list, string key, string text, int least)
    {
        int colon = text.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) || port < least)
            throw new UsageException($"{list.Option}: {key}={text}: HOST:PORT is wanted");
        var host = text[..colon];
        if (host.Length == 0) return new IPEndPoint(key is "connect" or "udp" ? IPAddress.Loopback : IPAddress.Any, port);
        if (Ipv4Address.TryParse(host, out var address)) return new Ipv4Endpoint(address, port).ToIPEndPoint();
        try
        {
            var found = Dns.GetHostAddresses(host, AddressFamily.InterNetwork);
            if (found.Length > 0) return new IPEndPoint(found[0], port);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
        }
        throw new UsageException($"{list.Option}: {key}={text}: there is no host '{host}'");
    }
}
