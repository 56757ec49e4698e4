using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Memory.Pages;

namespace Tcg.Mttcg.Actors.Coherence;

/// <summary>
/// Waits, without blocking, until all vCPUs concerned have served a request or cannot act before they do. A wait ends by the last
/// <see cref="RequestServed"/>; vCPUs that were quiescent when the request was posted are not waited for.
/// </summary>
public sealed class GracePeriods(IPeers peers)
{
    private readonly Dictionary<long, Wait> _waits = [];
    private long _lastTicket;

    public int Pending => _waits.Count;
    public long AcksAwaited { get; private set; }
    public long Begun => _lastTicket;

    /// <summary>Posts to all vCPUs; <paramref name="then"/> runs at once when none must be waited for.</summary>
    public void Begin(Func<long, IAccessRequest> request, Action then) => Begin(peers.Post, PageWriters.Any, request, then);

    /// <summary>Posts to the vCPUs that may write to a page.</summary>
    public void Begin(Func<long, IAccessRequest> request, PageWriters writers, Action then) => Begin(peers.Post, writers, request, then);

    /// <inheritdoc cref="Begin(Func{long, IAccessRequest}, Action)"/>
    public void Begin(Func<long, ICodeRequest> request, Action then) => Begin(peers.Post, PageWriters.Any, request, then);

    /// <summary>A vCPU served a request. Answers of vCPUs that were not waited for, and late ones, change nothing.</summary>
    public void Served(long ticket, int cpu)
    {
        if (!_waits.TryGetValue(ticket, out var wait)) return;
        wait.Served.Add(cpu);
        Finish(ticket, wait);
    }

    private void Begin<T>(Func<int, T, bool> post, PageWriters concerned, Func<long, T> request, Action then)
    {
        var ticket = ++_lastTicket;
        var message = request(ticket);
        var wait = new Wait(then);
        // Registered before the first post: a peer may answer while others are still being told.
        _waits.Add(ticket, wait);
        for (var cpu = 0; cpu < peers.Cpus; cpu++)
        {
            if (concerned.Includes(cpu) && !post(cpu, message)) wait.Awaited.Add(cpu);
        }
        AcksAwaited += wait.Awaited.Count;
        wait.AllTold = true;
        Finish(ticket, wait);
    }

    private void Finish(long ticket, Wait wait)
    {
        if (!wait.AllTold || !wait.Awaited.IsSubsetOf(wait.Served) || !_waits.Remove(ticket)) return;
        wait.Then();
    }

    private sealed class Wait(Action then)
    {
        public readonly HashSet<int> Awaited = [];
        public readonly HashSet<int> Served = [];
        public readonly Action Then = then;
        public bool AllTold;
    }
}
