using Tcg.Mttcg.Actors.Coherence;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Pages;

namespace Tcg.Mttcg.Actors.Tests.Coherence;

/// <summary>Faults that a test puts into dirty logging on purpose, to see the model find them.</summary>
public enum DirtyFault
{
    None,
    /// <summary>The log is answered before running vCPUs have lost their rights.</summary>
    NoWait,
    /// <summary>The bits are taken when the flush is over.</summary>
    FlushFirst,
    /// <summary>A device sets the bits before its bytes are visible.</summary>
    BitBeforeStore,
    /// <summary>A vCPU answers a flush and keeps its fast entries.</summary>
    NoRevocation,
}

/// <summary>
/// The real owner of dirty logging among naive vCPUs and a device that store and one client that copies what the logs tell of, each made of single accesses
/// to shared memory, in an order drawn at random. In the end the copy must be what memory is.
/// </summary>
public sealed class DirtyWorld : IPeers
{
    public const int Pages = 3;
    private const DirtyClient Client = DirtyClient.Migration;
    private const int StepsBetween = 3;

    private readonly Random _random;
    private readonly DirtyFault _fault;
    private readonly Queue<Action> _inbox = new();
    private readonly DirtyCpu[] _cpus;
    private readonly IEnumerator<int> _client, _device;
    private readonly CodeCoherence _owner;
    private readonly int[] _mirror = new int[Pages];
    private ReadDirtyLogReply? _answer;
    private bool _inOwner, _isWindingUp, _deviceIsIdle, _isLast, _isDone;

    public DirtyWorld(int seed, int cpus, DirtyFault fault)
    {
        _random = new Random(seed);
        _fault = fault;
        State = new FakePages(Interpose) { LeavesDirty = fault == DirtyFault.FlushFirst };
        _owner = new CodeCoherence(new CoherenceOptions(), State, new FakeBlocks(), this);
        _cpus = [.. Enumerable.Range(0, cpus).Select(i => new DirtyCpu(this, i, new Random(seed * 31 + i), fault))];
        _client = Copy().GetEnumerator();
        _device = Dma().GetEnumerator();
    }

    public FakePages State { get; }
    public int[] Memory { get; } = new int[Pages];
    public int Cpus => _cpus.Length;

    /// <summary>What is wrong in the end; null: nothing.</summary>
    public string? Run(int steps)
    {
        for (var i = 0; i < steps; i++) Step();
        _isWindingUp = true;
        foreach (var cpu in _cpus) cpu.IsWindingUp = true;
        for (var i = 0; i < 10_000 && !_isDone; i++)
        {
            _isLast = _deviceIsIdle && _cpus.All(cpu => cpu.IsIdle);
            Step();
        }
        if (!_isDone) return "somebody waits for ever";
        return _mirror.SequenceEqual(Memory) ? null : $"copied {string.Join(' ', _mirror)}, memory holds {string.Join(' ', Memory)}";
    }

    public void Send(Action<CodeCoherence> message) => _inbox.Enqueue(() => message(_owner));

    public bool Post(int cpu, IAccessRequest request)
    {
        _cpus[cpu].Lane.Enqueue(request);
        Interpose();
        return _cpus[cpu].IsQuiescent || _fault == DirtyFault.NoWait;
    }

    public bool Post(int cpu, ICodeRequest request) => throw new NotSupportedException();

    public void Reply(object asker, object reply)
    {
        var log = (ReadDirtyLogReply)reply;
        if (_fault == DirtyFault.FlushFirst) State.Dirty.ReadAndClear(Client, new RamPage(0), Pages, log.Bits);
        _answer = log;
    }

    private void Step()
    {
        if (_inbox.Count != 0 && _random.Next(2) == 0)
        {
            _inOwner = true;
            _inbox.Dequeue()();
            _inOwner = false;
            return;
        }
        StepSomeone();
    }

    private void StepSomeone()
    {
        var who = _random.Next(_cpus.Length + 2);
        if (who < _cpus.Length) _cpus[who].Step();
        else (who == _cpus.Length ? _client : _device).MoveNext();
    }

    private void Interpose()
    {
        if (!_inOwner) return;
        for (var n = _random.Next(StepsBetween); n > 0; n--) StepSomeone();
    }

    /// <summary>What follows a store that no entry makes fast: each client's bit, unless it is set.</summary>
    public IEnumerable<int> Mark(int page)
    {
        foreach (var client in new[] { DirtyClient.Display, DirtyClient.Migration })
        {
            yield return 0;
            if (State.Dirty.IsDirty(client, new RamPage((uint)page))) continue;
            yield return 0;
            State.Dirty.Set(client, new RamPage((uint)page));
        }
        yield return 0;
    }

    // Nobody waits for a device.
    private IEnumerable<int> Dma()
    {
        while (true)
        {
            _deviceIsIdle = _isWindingUp;
            yield return 0;
            if (_isWindingUp) continue;
            var page = _random.Next(Pages);
            if (_fault != DirtyFault.BitBeforeStore) Memory[page]++;
            foreach (var step in Mark(page)) yield return step;
            if (_fault == DirtyFault.BitBeforeStore) Memory[page]++;
        }
    }

    private IEnumerable<int> Copy()
    {
        while (true)
        {
            var isLast = _isLast;
            _answer = null;
            Send(owner => owner.ReadDirtyLog(this, Client, new RamPage(0), Pages));
            while (_answer is null) yield return 0;
            for (var page = 0; page < Pages; page++)
            {
                if ((_answer.Bits[0] >> page & 1) == 0) continue;
                yield return 0;
                _mirror[page] = Memory[page];
            }
            _isDone |= isLast;
            yield return 0;
        }
    }
}
