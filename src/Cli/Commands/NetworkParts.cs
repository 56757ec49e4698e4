using Tcg.Mttcg.Cli.Options;
using Tcg.Mttcg.Machine.Net;
using Tcg.Mttcg.Machine.Net.Sockets;
using Tcg.Mttcg.Machine.Net.User;

namespace Tcg.Mttcg.Cli.Commands;

/// <summary>The networks of a command line, running, and the cables that lead to them.</summary>
internal sealed class NetworkParts : IAsyncDisposable
{
    private readonly Dictionary<string, FrameLink> _links = [];
    private readonly List<IAsyncDisposable> _networks = [];

    /// <summary>By the name of the -netdev.</summary>
    public IReadOnlyDictionary<string, FrameLink> Links => _links;

    /// <exception cref="UsageException">A port is taken, a peer is not there.</exception>
    public static async Task<NetworkParts> StartAsync(IEnumerable<NetdevSettings> settings)
    {
        var parts = new NetworkParts();
        try
        {
            foreach (var netdev in settings)
            {
                var link = new FrameLink();
                parts._links.Add(netdev.Id, link);
                parts._networks.Add(netdev.User is { } user ? UserNetwork.Start(user, link) : await SocketNetwork.StartAsync(netdev.Socket!, link));
            }
            return parts;
        }
        catch (NetworkException e)
        {
            await parts.DisposeAsync();
            throw new UsageException($"-netdev {e.Message}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var network in _networks) await network.DisposeAsync();
    }
}
