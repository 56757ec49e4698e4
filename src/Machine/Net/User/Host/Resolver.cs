using System.Net;

namespace Tcg.Mttcg.Machine.Net.User.Host;

/// <summary>The host's name server.</summary>
internal static class Resolver
{
    private const string Configuration = "/etc/resolv.conf";

    /// <summary>Read anew each time, as the host may move to another network. Null: it has none.</summary>
    public static IPEndPoint? Find(UserNetOptions options)
    {
        if (options.Resolver is { } given) return given;
        try
        {
            return First(File.ReadLines(Configuration));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The first <c>nameserver</c> of resolv.conf(5).</summary>
    public static IPEndPoint? First(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            var words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
            if (words is ["nameserver", var address, ..] && IPAddress.TryParse(address, out var server)) return new IPEndPoint(server, UserStack.DnsPort);
        }
        return null;
    }
}
