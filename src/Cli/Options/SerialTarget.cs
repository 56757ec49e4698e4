using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Tcg.Mttcg.Cli.Options;

public enum SerialKind { Stdio, File, Null, Socket }

/// <summary>Where a serial port's bytes go: QEMU's short forms, or a <c>-chardev</c> by its id.</summary>
/// <param name="Path">Of a file.</param>
public sealed record SerialTarget(SerialKind Kind, string Path = "")
{
    private const string Forms = "stdio, null, none, file:PATH, unix:PATH[,server=on][,wait=off], tcp:HOST:PORT[,server=on][,wait=off] or chardev:ID";

    /// <summary>Of a socket.</summary>
    public EndPoint? Address { get; init; }

    /// <summary>It listens, one client at a time; else it connects.</summary>
    public bool IsServer { get; init; }

    /// <summary>The machine starts with the first client.</summary>
    public bool Waits { get; init; }

    /// <exception cref="UsageException"/>
    public static SerialTarget Parse(string option, string text, IReadOnlyDictionary<string, SerialTarget>? devices = null)
    {
        var colon = text.IndexOf(':');
        var (kind, rest) = colon < 0 ? (text, "") : (text[..colon], text[(colon + 1)..]);
        return (kind, rest) switch
        {
            ("stdio", "") or ("mon", "stdio") => new(SerialKind.Stdio),
            ("null" or "none", "") => new(SerialKind.Null),
            ("file", { Length: > 0 }) => new(SerialKind.File, rest),
            ("unix", { Length: > 0 }) => Socket(new PropertyList(option, rest), list => UnixAddress(option, list.Head)),
            ("tcp", { Length: > 0 }) => Socket(new PropertyList(option, rest), list => TcpAddress(option, list.Head)),
            ("chardev" or "mon", { Length: > 0 }) when devices is not null =>
                devices.TryGetValue(kind == "mon" ? rest.Replace("chardev:", "", StringComparison.Ordinal) : rest, out var target) ? target : throw new UsageException($"{option} {text}: no -chardev has that id"),
            _ => throw new UsageException($"{option} {text}: {Forms} is wanted"),
        };
    }

    /// <summary>All of <c>-chardev BACKEND,id=ID,...</c>, by id.</summary>
    /// <exception cref="UsageException"/>
    public static IReadOnlyDictionary<string, SerialTarget> ParseDevices(IEnumerable<string> texts)
    {
        const string option = "-chardev";
        var devices = new Dictionary<string, SerialTarget>();
        foreach (var text in texts)
        {
            var list = new PropertyList(option, text);
            var id = list.Take("id") ?? throw new UsageException($"{option} {text}: an id=... is needed");
            list.TakeSwitch("mux", false);
            list.TakeSwitch("signal", false);
            var target = list.Head switch
            {
                "stdio" => new SerialTarget(SerialKind.Stdio),
                "null" => new SerialTarget(SerialKind.Null),
                "file" => new SerialTarget(SerialKind.File, list.Take("path") ?? throw new UsageException($"{option} {text}: a path=... is needed")),
                "socket" => Socket(list, _ => list.Take("path") is { } path ? UnixAddress(option, path) : TcpAddress(option, $"{list.Take("host") ?? "localhost"}:{list.Take("port")}")),
                _ => throw new UsageException($"{option} {list.Head}: stdio, null, file or socket is wanted"),
            };
            list.Finish();
            if (!devices.TryAdd(id, target)) throw new UsageException($"{option} {text}: the id '{id}' is taken");
        }
        return devices;
    }

    private static SerialTarget Socket(PropertyList list, Func<PropertyList, EndPoint> address)
    {
        var isServer = list.TakeSwitch("server", false);
        var waits = list.TakeSwitch("wait", true) & !list.TakeSwitch("nowait", false);
        list.TakeSwitch("nodelay", true);
        var target = new SerialTarget(SerialKind.Socket) { Address = address(list), IsServer = isServer, Waits = isServer && waits };
        list.Finish();
        return target;
    }

    private static UnixDomainSocketEndPoint UnixAddress(string option, string path)
    {
        try
        {
            return new UnixDomainSocketEndPoint(path);
        }
        catch (ArgumentException)
        {
            throw new UsageException($"{option}: '{path}' is no path for a socket: at most 107 bytes");
        }
    }

    private static EndPoint TcpAddress(string option, string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)) throw new UsageException($"{option}: '{text}' is not HOST:PORT");
        var host = text[..colon].Trim('[', ']');
        if (host.Length == 0) return new IPEndPoint(IPAddress.Any, port);
        return IPAddress.TryParse(host, out var address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port);
    }
}
