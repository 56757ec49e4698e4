using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Pages;

namespace Tcg.Mttcg.Actors.Tests.Coherence;

/// <summary>A vCPU of <see cref="DirtyWorld"/>: stores and rests, one shared access a step.</summary>
public sealed class DirtyCpu
{
    private enum Right { None, Fast, NotDirty }

    private readonly DirtyWorld _world;
    private readonly int _index;
    private readonly Random _random;
    private readonly DirtyFault _fault;
    private readonly Right[] _tlb = new Right[DirtyWorld.Pages];
    private readonly IEnumerator<int> _work;

    public DirtyCpu(DirtyWorld world, int index, Random random, DirtyFault fault)
    {
        (_world, _index, _random, _fault) = (world, index, random, fault);
        _work = Live().GetEnumerator();
    }

    public Queue<IAccessRequest> Lane { get; } = new();
    public bool IsQuiescent { get; private set; }
    public bool IsIdle { get; private set; }
    public bool IsWindingUp { get; set; }

    public void Step() => _work.MoveNext();

    private DirtyBitmaps Dirty => _world.State.Dirty;

    private IEnumerable<int> Live()
    {
        while (true)
        {
            Drain();
            IsIdle = IsWindingUp;
            var work = IsWindingUp || _random.Next(4) == 0 ? Rest() : Store();
            foreach (var step in work) yield return step;
        }
    }

    private IEnumerable<int> Rest()
    {
        IsQuiescent = true;
        Drain();
        yield return 0;
        IsQuiescent = false;
        yield return 0;
    }

    private void Drain()
    {
        while (Lane.TryDequeue(out var request))
        {
            for (var page = 0; page < _tlb.Length && _fault != DirtyFault.NoRevocation; page++)
                if (_tlb[page] == Right.Fast) _tlb[page] = Right.NotDirty;
            var ticket = request.Ticket;
            _world.Send(owner => owner.Served(ticket, _index));
        }
    }

    private IEnumerable<int> Store()
    {
        var page = _random.Next(DirtyWorld.Pages);
        if (_tlb[page] == Right.None)
        {
            var admitted = Dirty.IsDirtyForAll(new RamPage((uint)page));
            yield return 0;
            _tlb[page] = admitted ? Right.Fast : Right.NotDirty;
        }
        yield return 0;
        if (_tlb[page] == Right.Fast)
        {
            _world.Memory[page]++;
            yield break;
        }
        _world.Memory[page]++;
        foreach (var step in _world.Mark(page)) yield return step;
        yield return 0;
        var again = Dirty.IsDirtyForAll(new RamPage((uint)page));
        yield return 0;
        _tlb[page] = again ? Right.Fast : _random.Next(4) == 0 ? Right.None : Right.NotDirty;
    }
}
