using Tcg.Mttcg.Actors.Coherence;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Actors.Regions;

/// <summary>
/// The code-cache actor's logic: who fills which region, and the retirement of the oldest full one. A single-threaded state machine without
/// actors; it never waits. A region's way: Free, Owned (a vCPU translates into it), Full, Retiring, Free.
/// <para>
/// Retiring: the memory actor kills the region's TBs part by part; then every vCPU is told to forget its addresses, and only when each has done
/// so, or cannot run code before it does, are the bytes reused (sequence (e) of the design). One region retires at a time, and vCPUs that need
/// one meanwhile wait for the same grace period.
/// </para>
/// </summary>
public sealed class RegionPool
{
    private readonly IPeers _peers;
    private readonly IRegionWork _work;
    private readonly RegionOptions _options;
    private readonly GracePeriods _grace;
    private readonly Queue<CodeRegion> _free;
    private readonly Queue<CodeRegion> _full = new();
    private readonly Queue<object> _waiting = new();
    private readonly int _regions;
    private int _extra;

    public RegionPool(IEnumerable<CodeRegion> regions, RegionOptions options, IPeers peers, IRegionWork work, RegionCounters? counters = null)
    {
        _peers = peers;
        _work = work;
        Counters = counters ?? new RegionCounters();
        _options = options;
        _grace = new GracePeriods(peers);
        _free = new Queue<CodeRegion>(regions);
        _regions = _free.Count;
        // None at all: a back end that needs no regions.
        if (_regions != 0 && _regions <= peers.Cpus) throw new ArgumentException($"{_regions} code regions are too few for {peers.Cpus} vCPUs: each keeps one", nameof(regions));
    }

    public RegionCounters Counters { get; }

    public int Free => _free.Count;
    public int Full => _full.Count;
    public int Waiting => _waiting.Count;
    public CodeRegion? Retiring { get; private set; }
    public int Owned => _regions - _free.Count - _full.Count - (Retiring is null ? 0 : 1);

    /// <summary>Hands out a region, or makes the asker wait for the next one; takes back the asker's full one.</summary>
    public void Next(object asker, CodeRegion? full)
    {
        Counters.Asked++;
        if (full is not null) _full.Enqueue(full);
        _waiting.Enqueue(asker);
        Serve();
    }

    /// <summary>Debugging: retires every region that is full now.</summary>
    public void RetireAll()
    {
        Counters.Flushes++;
        _extra = _full.Count;
        Serve();
    }

    /// <summary>The memory actor killed the TBs before <paramref name="next"/>.</summary>
    public void Retired(CodeRegion region, int next)
    {
        if (region != Retiring) throw new InvalidOperationException($"region {region.Index} is not being retired");
        if (next < _work.Blocks(region))
        {
            _work.Retire(region, next, _options.BlocksPerMessage);
            return;
        }
        _grace.Begin(ticket => new ForgetRegion(region, ticket), () => Forgotten(region));
        (Counters.GracePeriods, Counters.AcksAwaited) = (_grace.Begun, _grace.AcksAwaited);
    }

    /// <summary>A vCPU forgot the region.</summary>
    public void Served(long ticket, int cpu) => _grace.Served(ticket, cpu);

    private void Forgotten(CodeRegion region)
    {
        _work.Reset(region);
        Counters.Retirements++;
        Retiring = null;
        _free.Enqueue(region);
        Serve();
    }

    private void Serve()
    {
        while (_waiting.Count != 0 && _free.TryDequeue(out var region)) _peers.Reply(_waiting.Dequeue(), new NextRegionReply(region));
        if (Retiring is not null || _full.Count == 0) return;
        if (_waiting.Count == 0 && _free.Count >= _options.Spare)
        {
            if (_extra == 0) return;
            _extra--;
        }
        Retiring = _full.Dequeue();
        _work.Retire(Retiring, 0, _options.BlocksPerMessage);
    }
}

/// <summary>What the pool has others do.</summary>
public interface IRegionWork
{
    /// <summary>Number of TBs in the region.</summary>
    int Blocks(CodeRegion region);

    /// <summary>Asks the memory actor to kill TBs; it answers with <see cref="RetireBlocksReply"/>.</summary>
    void Retire(CodeRegion region, int from, int count);

    /// <summary>No vCPU can reach the region: its descriptors and bytes are free.</summary>
    void Reset(CodeRegion region);
}

/// <summary>Tunables of the code-cache actor; keys and units in hocon/mttcg.conf.</summary>
/// <param name="Spare">Regions kept free ahead of need: retirement begins when fewer are.</param>
/// <param name="BlocksPerMessage">TBs killed by the memory actor between two other messages.</param>
public sealed record RegionOptions(int Spare = 0, int BlocksPerMessage = 256);

/// <summary>What the code cache did. One writer.</summary>
public sealed class RegionCounters
{
    public long Asked;
    public long Retirements;
    public long GracePeriods;
    public long AcksAwaited;

    /// <summary>Times that everything was to be retired at once.</summary>
    public long Flushes;
}
