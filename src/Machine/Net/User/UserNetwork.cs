using System.Net;
using Tcg.Mttcg.Machine.Net.Packets;
using Tcg.Mttcg.Machine.Net.User.Host;

namespace Tcg.Mttcg.Machine.Net.User;

/// <summary>User-mode networking for one guest's card, without root: a small TCP/IP stack in this process that talks to the world through ordinary sockets.</summary>
public sealed class UserNetwork : IAsyncDisposable
{
    private readonly NetworkLoop _loop;
    private readonly List<ForwardListener> _listeners = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _task;

    private UserNetwork(NetworkLoop loop, List<ForwardListener> listeners)
    {
        (_loop, _listeners) = (loop, listeners);
        foreach (var listener in listeners) listener.Start();
        _task = loop.RunAsync(_stop.Token);
    }

    /// <summary>Where the host's ends of the forwards are, in the order of <see cref="UserNetOptions.Forwards"/>.</summary>
    public IReadOnlyList<IPEndPoint> Forwards => [.. _listeners.Select(listener => listener.Host)];

    /// <exception cref="ArgumentException">Addresses that do not fit together.</exception>
    /// <exception cref="NetworkException">A forward's port is taken.</exception>
    public static UserNetwork Start(UserNetOptions options, FrameLink link) => Start(options, new NetworkLimits(), link);

    internal static UserNetwork Start(UserNetOptions options, NetworkLimits limits, FrameLink link)
    {
        options.Check();
        var loop = new NetworkLoop(options, limits, link);
        var listeners = new List<ForwardListener>();
        try
        {
            foreach (var forward in options.Forwards)
            {
                var guest = forward.Guest.Address == Ipv4Address.Any ? forward.Guest with { Address = options.FirstLease } : forward.Guest;
                listeners.Add(new ForwardListener(loop, forward, guest));
            }
        }
        catch (NetworkException)
        {
            foreach (var listener in listeners) listener.DisposeAsync().AsTask().Wait();
            loop.Dispose();
            throw;
        }
        return new UserNetwork(loop, listeners);
    }

    /// <summary>Closes the ports and resets what is open.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var listener in _listeners) await listener.DisposeAsync().ConfigureAwait(false);
        await _stop.CancelAsync().ConfigureAwait(false);
        try
        {
            await _task.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
        }
        _loop.Dispose();
    }
}
