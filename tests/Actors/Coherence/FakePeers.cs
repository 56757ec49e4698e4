using Tcg.Mttcg.Actors.Coherence;
using Tcg.Mttcg.Actors.Protocol;

namespace Tcg.Mttcg.Actors.Tests.Coherence;

/// <summary>vCPUs as a set of those that run, and askers as names.</summary>
public sealed class FakePeers(int cpus) : IPeers
{
    private readonly Dictionary<object, Queue<object>> _answers = [];

    public int Cpus => cpus;

    /// <summary>vCPUs that must answer; the others are quiescent.</summary>
    public HashSet<int> Running { get; set; } = [];
    public List<(int Cpu, object Request)> Posted { get; } = [];
    public long LastTicket { get; private set; }

    public bool Post(int cpu, IAccessRequest request)
    {
        Posted.Add((cpu, request));
        LastTicket = request.Ticket;
        return !Running.Contains(cpu);
    }

    public bool Post(int cpu, ICodeRequest request)
    {
        Posted.Add((cpu, request));
        LastTicket = request.Ticket;
        return !Running.Contains(cpu);
    }

    public void Reply(object asker, object reply)
    {
        if (!_answers.TryGetValue(asker, out var queue)) _answers[asker] = queue = new Queue<object>();
        queue.Enqueue(reply);
    }

    public bool HasAnswer(object asker) => _answers.TryGetValue(asker, out var queue) && queue.Count != 0;

    /// <summary>The oldest answer not yet taken.</summary>
    public object Take(object asker) => HasAnswer(asker) ? _answers[asker].Dequeue() : throw new InvalidOperationException($"{asker} has no answer");
}
