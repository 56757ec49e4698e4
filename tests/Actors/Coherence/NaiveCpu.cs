using Tcg.Mttcg.Actors.Coherence;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Tests.Coherence;

/// <summary>A vCPU of the model: endless random work, one shared access a step.</summary>
public sealed class NaiveCpu
{
    private const int Spread = 8;

    private enum Right { None, Fast, NotDirty }

    private readonly World _world;
    private readonly Random _random;
    private readonly Right[] _tlb = new Right[World.Pages];
    private readonly int _index;
    private IEnumerator<int> _work;

    public NaiveCpu(World world, int index, Random random)
    {
        _world = world;
        _index = index;
        _random = random;
        _work = Live().GetEnumerator();
    }

    public Queue<IAccessRequest> Lane { get; } = new();
    public bool IsAccessQuiescent { get; private set; }
    public bool IsIdle { get; private set; }
    public bool IsWindingUp { get; set; }
    public object? Answer { get; set; }

    public void Step() => _work.MoveNext();

    /// <summary>Where byte <paramref name="index"/> of a TB lies.</summary>
    public static (RamPage Page, int Offset) Place(RamOffset start, RamPage second, int index)
    {
        var offset = (int)(start.Value & ~PageSize.Mask) + index;
        return offset < PageSize.Bytes ? (start.Page, offset) : (second, offset - PageSize.Bytes);
    }

    private IEnumerable<int> Live()
    {
        while (true)
        {
            Drain();
            if (IsWindingUp)
            {
                IsIdle = true;
                IsAccessQuiescent = true;
                yield return 0;
                IsAccessQuiescent = false;
                continue;
            }
            var work = _random.Next(9) switch
            {
                0 or 1 or 2 => Translate(),
                3 => Dma(),
                4 => Rest(),
                5 => Execute(),
                _ => Store(Page(), Offset()),
            };
            foreach (var step in work) yield return step;
        }
    }

    // Work clusters at both ends of a page, so that TBs reach over into the next one and stores hit them.
    private int Offset() => _random.Next(2) == 0 ? _random.Next(Spread) : PageSize.Bytes - 1 - _random.Next(Spread);

    private RamPage Page() => new((uint)_random.Next(World.Pages));

    private IEnumerable<int> Rest()
    {
        IsAccessQuiescent = true;
        for (var n = _random.Next(4); n >= 0; n--) yield return 0;
        IsAccessQuiescent = false;
        yield return 0;
        Drain();
    }

    private IEnumerable<int> Ask(Action<CodeCoherence> request)
    {
        Answer = null;
        IsAccessQuiescent = true;
        yield return 0;
        Drain();
        _world.Send(request);
        while (Answer is null) yield return 0;
        IsAccessQuiescent = false;
        yield return 0;
        Drain();
    }

    private void Drain()
    {
        while (Lane.TryDequeue(out var request))
        {
            if (request is RevokeWrite revoke && _tlb[revoke.Page.Index] == Right.Fast) _tlb[revoke.Page.Index] = Right.NotDirty;
            var ticket = request.Ticket;
            _world.Send(owner => owner.Served(ticket, _index));
        }
    }

    private IEnumerable<int> Store(RamPage page, int offset)
    {
        var state = _world.Memory[page];
        while (true)
        {
            if (_tlb[page.Index] == Right.None)
            {
                var isFast = Admitted(state);
                yield return 0;
                _tlb[page.Index] = isFast ? Right.Fast : Right.NotDirty;
                yield return 0;
            }
            if (_tlb[page.Index] == Right.Fast)
            {
                yield return 0;
                state.Bytes[offset] = NewValue();
                yield break;
            }
            state.Writers++;
            yield return 0;
            if (SmcBitmaps.Overlaps(state.Bitmap, offset, 1))
            {
                yield return 0;
                foreach (var step in Ask(owner => owner.CodeWrite(this, new RamOffset(page.Start.Value + (ulong)offset), 1))) yield return step;
                if (_tlb[page.Index] != Right.NotDirty)
                {
                    state.Writers--;
                    continue;
                }
            }
            yield return 0;
            state.Bytes[offset] = NewValue();
            yield return 0;
            state.Version++;
            yield return 0;
            state.Writers--;
            var isFastNow = Admitted(state);
            yield return 0;
            if (isFastNow) _tlb[page.Index] = Right.Fast;
            else if (_random.Next(4) == 0) _tlb[page.Index] = Right.None;
            yield break;
        }
    }

    // In one step, as flags and writers are in one word.
    private bool Admitted(PageState state)
    {
        if (!state.HasCode) state.FastWriters = state.FastWriters.With(_index);
        return !state.HasCode;
    }

    private IEnumerable<int> Dma()
    {
        var page = Page();
        var start = new RamOffset(page.Start.Value + (ulong)Offset());
        var length = 1 + _random.Next(3);
        var told = (start, length);
        var pages = Enumerable.Range(0, length).Select(i => new RamPage((uint)((start.Value + (ulong)i) >> PageSize.Shift))).Distinct().ToList();
        foreach (var touched in pages) _world.Memory[touched].Writers++;
        yield return 0;
        _world.UntoldDma.Add(told);
        for (var i = 0; i < length; i++)
        {
            var at = start.Value + (ulong)i;
            _world.Memory[new RamPage((uint)(at >> PageSize.Shift))].Bytes[at & ~PageSize.Mask] = NewValue();
            yield return 0;
        }
        foreach (var touched in pages)
        {
            _world.Memory[touched].Version++;
            yield return 0;
            _world.Memory[touched].Writers--;
        }
        foreach (var step in Ask(owner => owner.Invalidate(this, start, length))) yield return step;
        _world.UntoldDma.Remove(told);
    }

    private IEnumerable<int> Translate()
    {
        var page = Page();
        var offset = Offset();
        var bytes = 1 + _random.Next(4);
        var crosses = offset + bytes > PageSize.Bytes;
        var second = crosses ? Page() : RamPage.None;
        var versions = new ulong[2];
        foreach (var step in Protected(page, versions, 0)) yield return step;
        if (crosses)
        {
            foreach (var step in Protected(second, versions, 1)) yield return step;
        }
        var block = Blocks.New(page, offset, bytes, second);
        block.Checks = Checks(block, bytes);
        yield return 0;
        var source = new byte[bytes];
        for (var i = 0; i < bytes; i++)
        {
            var (from, at) = Place(block.Key.PhysicalPc, second, i);
            source[i] = _world.Memory[from].Bytes[at];
            yield return 0;
        }
        if (ProtectsLate)
        {
            foreach (var step in Ask(owner => owner.Protect(this, page))) yield return step;
            if (crosses)
            {
                foreach (var step in Ask(owner => owner.Protect(this, second))) yield return step;
            }
        }
        block.Source = source;
        var noted = new PageVersions(versions[0], versions[1]);
        foreach (var step in Ask(owner => owner.Link(this, block, (_world.Mutations & Mutations.NoVersionCheck) == 0 ? noted : Now(block.Page0, second))))
            yield return step;
    }

    private CodeCheck[] Checks(TranslationBlock block, int bytes)
    {
        var checks = new List<CodeCheck>();
        for (var i = 0; i < bytes; i++)
        {
            var (page, offset) = Place(block.Key.PhysicalPc, block.Page1, i);
            if (SmcBitmaps.Overlaps(_world.Memory[page].Checked, offset, 1)) checks.Add(new CodeCheck(i, 1, default));
        }
        return [.. checks];
    }

    // A store into the block that runs must end it where the block, entered before, checks the byte and nobody is asked.
    private IEnumerable<int> Execute()
    {
        var live = _world.Table.Live.ToArray();
        if (live.Length == 0) yield break;
        var block = live[_random.Next(live.Length)];
        foreach (var check in block.Checks)
        {
            var (page, offset) = Place(block.Key.PhysicalPc, block.Page1, check.Start);
            yield return 0;
            if (_world.Memory[page].Bytes[offset] != block.Source[check.Start]) yield break;
        }
        var own = _random.Next(block.GuestBytes);
        var (target, at) = Place(block.Key.PhysicalPc, block.Page1, own);
        foreach (var step in Store(target, at)) yield return step;
        if (!block.IsDead && !SmcBitmaps.Overlaps(_world.Memory[target].Checked, at, 1) && _world.Memory[target].Bytes[at] != block.Source[own])
            _world.Found($"a vCPU changed byte {own} of the TB at {block.Key.PhysicalPc} that it runs, and nobody told it");
    }

    private byte NewValue() => (byte)_random.Next(256);

    private bool ProtectsLate => (_world.Mutations & Mutations.ReadBeforeProtect) != 0;

    private PageVersions Now(RamPage first, RamPage second) =>
        new(_world.Memory[first].Version, second.IsNone ? 0 : _world.Memory[second].Version);

    private IEnumerable<int> Protected(RamPage page, ulong[] versions, int slot)
    {
        var state = _world.Memory[page];
        while (true)
        {
            versions[slot] = state.Version;
            yield return 0;
            if (state.Protected || ProtectsLate) yield break;
            foreach (var step in Ask(owner => owner.Protect(this, page))) yield return step;
        }
    }
}
