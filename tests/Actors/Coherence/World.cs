using Tcg.Mttcg.Actors.Coherence;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Actors.Tests.Coherence;

/// <summary>
/// The real owner of coherence among naive vCPUs, each made of the smallest steps that its real counterpart takes, in an order drawn at random:
/// also between any two accesses of the owner. After every step each live TB must still hold what memory holds, but for the bytes that it
/// compares itself.
/// </summary>
public sealed class World : IPeers
{
    public const int Pages = 3;
    private const int StepsBetween = 3;

    private readonly Random _random;
    private readonly Queue<Action> _inbox = new();
    private readonly NaiveCpu[] _cpus;
    private bool _inOwner;

    public World(int seed, int cpus, CoherenceOptions options, Mutations mutations)
    {
        _random = new Random(seed);
        Mutations = mutations;
        Memory = new FakePages(Interpose, mutations);
        Owner = new CodeCoherence(options, Memory, Table, this);
        _cpus = [.. Enumerable.Range(0, cpus).Select(i => new NaiveCpu(this, i, new Random(seed * 31 + i)))];
    }

    public Mutations Mutations { get; }
    public FakePages Memory { get; }
    public FakeBlocks Table { get; } = new();
    public CodeCoherence Owner { get; }
    public int Cpus => _cpus.Length;

    /// <summary>RAM that a device has changed and not yet told of: the guest may still run old code there.</summary>
    public List<(RamOffset Start, int Length)> UntoldDma { get; } = [];

    /// <summary>How often it was drawn who acts next, also between two accesses of the owner; and a hash of who it was each time.</summary>
    public long Decisions { get; private set; }

    /// <inheritdoc cref="Decisions"/>
    public ulong Signature { get; private set; }

    /// <summary>What was found wrong; null: nothing yet.</summary>
    public string? Violation { get; private set; }

    public void Run(int steps)
    {
        for (var i = 0; i < steps && Violation is null; i++)
        {
            if (_inbox.Count != 0 && Draw(2) == 0) TakeMessage();
            else StepSomeone();
        }
    }

    /// <summary>Lets everybody finish. False: somebody waits for ever.</summary>
    public bool Settle()
    {
        foreach (var cpu in _cpus) cpu.IsWindingUp = true;
        for (var i = 0; i < 100_000 && Violation is null; i++)
        {
            if (_inbox.Count == 0 && _cpus.All(cpu => cpu.IsIdle)) return true;
            if (_inbox.Count != 0) TakeMessage();
            StepSomeone();
        }
        return Violation is not null;
    }

    public void Send(Action<CodeCoherence> message) => _inbox.Enqueue(() => message(Owner));

    public bool Post(int cpu, IAccessRequest request)
    {
        _cpus[cpu].Lane.Enqueue(request);
        Interpose();
        return _cpus[cpu].IsAccessQuiescent || (Mutations & Mutations.NoAcks) != 0;
    }

    public bool Post(int cpu, ICodeRequest request) => throw new NotSupportedException();

    public void Reply(object asker, object reply) => ((NaiveCpu)asker).Answer = reply;

    public void Found(string violation) => Violation ??= violation;

    private void TakeMessage()
    {
        _inOwner = true;
        _inbox.Dequeue()();
        _inOwner = false;
        Check();
    }

    private void StepSomeone()
    {
        _cpus[Draw(_cpus.Length)].Step();
        Check();
    }

    private int Draw(int choices)
    {
        var chosen = _random.Next(choices);
        Decisions++;
        Signature = (Signature ^ (uint)chosen) * 0x100000001b3 + (uint)choices;
        return chosen;
    }

    private void Interpose()
    {
        if (!_inOwner) return;
        for (var n = Draw(StepsBetween); n > 0; n--) _cpus[Draw(_cpus.Length)].Step();
    }

    private bool IsUntold(ulong at) => UntoldDma.Any(d => at >= d.Start.Value && at < d.Start.Value + (ulong)d.Length);

    private void Check()
    {
        foreach (var block in Table.Live)
        {
            var source = block.Source;
            for (var i = 0; i < source.Length; i++)
            {
                var (page, offset) = NaiveCpu.Place(block.Key.PhysicalPc, block.Page1, i);
                var at = page.Start.Value + (ulong)offset;
                if (Memory[page].Bytes[offset] == source[i] || IsUntold(at) || block.Checks.Any(check => check.Start == i)) continue;
                Violation = $"TB at {block.Key.PhysicalPc} holds {source[i]} for byte {i}; memory holds {Memory[page].Bytes[offset]}";
                return;
            }
        }
    }
}
