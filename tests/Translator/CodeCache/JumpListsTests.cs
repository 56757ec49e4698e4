using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Host;

namespace Tcg.Mttcg.Translator.Tests.CodeCache;

public sealed class JumpListsTests
{
    private readonly NotingLinker _linker = new();
    private readonly JumpLists _jumps;
    private readonly TranslationBlock _from = Blocks.Chainable(0x1000);
    private readonly TranslationBlock _target = Blocks.Chainable(0x2000);

    public JumpListsTests() => _jumps = new JumpLists(_linker);

    [Fact]
    public void A_chained_slot_leads_to_its_target_and_is_chained_once()
    {
        Assert.True(_jumps.TryChain(_from, 1, _target));
        Assert.Same(_target, _linker.TargetOf(_from, 1));
        Assert.Null(_linker.TargetOf(_from, 0));
        Assert.False(_jumps.TryChain(_from, 1, Blocks.Chainable(0x3000)));
        Assert.Same(_target, _linker.TargetOf(_from, 1));
    }

    [Fact]
    public void A_dying_block_takes_every_jump_into_it_back()
    {
        var sources = Enumerable.Range(0, 10).Select(i => Blocks.Chainable(0x4000 + (ulong)i)).ToArray();
        foreach (var source in sources) Assert.True(_jumps.TryChain(source, 0, _target));
        Assert.True(_jumps.Kill(_target));
        Assert.Equal([_target], _linker.Killed);
        Assert.All(sources, source => Assert.Null(_linker.TargetOf(source, 0)));
        Assert.False(_jumps.Kill(_target));
        Assert.All(sources, source => Assert.True(_jumps.TryChain(source, 0, Blocks.Chainable(0x2000))));
    }

    [Fact]
    public void A_block_that_jumps_to_itself_dies()
    {
        Assert.True(_jumps.TryChain(_target, 0, _target));
        Assert.True(_jumps.Kill(_target));
        Assert.True(_target.IsDead);
    }

    [Fact]
    public void A_dead_block_is_neither_chained_to_nor_from()
    {
        _jumps.Kill(_target);
        Assert.False(_jumps.TryChain(_from, 0, _target));
        Assert.False(_jumps.TryChain(_target, 0, _from));
        Assert.Null(_linker.TargetOf(_from, 0));
    }

    [Fact]
    public void A_target_that_dies_while_it_is_chained_to_is_left_again()
    {
        _linker.DuringLink = () => _jumps.Kill(_target);
        Assert.False(_jumps.TryChain(_from, 0, _target));
        Assert.Null(_linker.TargetOf(_from, 0));
        Assert.Null(_from.Jump0.Target);
    }

    // The code of a dead source may be another block's by now.
    [Fact]
    public void A_dead_source_is_not_written_to()
    {
        _jumps.TryChain(_from, 0, _target);
        _jumps.Kill(_from);
        _jumps.Kill(_target);
        Assert.Same(_target, _linker.TargetOf(_from, 0));
    }

    [Fact]
    public void A_block_that_reaches_into_a_second_page_is_never_chained_to()
    {
        _target.Page1 = new RamPage(3);
        Assert.False(_jumps.TryChain(_from, 0, _target));
        Assert.True(_jumps.TryChain(_target, 0, _from));
    }

    [Fact]
    public void A_long_lived_target_does_not_collect_dead_sources()
    {
        for (var i = 0; i < 1000; i++)
        {
            var source = Blocks.Chainable(0x10_0000 + (ulong)i);
            _jumps.TryChain(source, 0, _target);
            _jumps.Kill(source);
        }
        var kept = 0;
        for (var node = _target.Incoming.Close(); node is not null; node = node.Next) kept++;
        Assert.InRange(kept, 0, 64);
    }

    [Fact]
    public void Whoever_wins_no_jump_leads_into_a_dead_block()
    {
        for (var round = 0; round < 300; round++)
        {
            var linker = new ConcurrentLinker();
            var jumps = new JumpLists(linker);
            var target = Blocks.Chainable(0x2000);
            var sources = Enumerable.Range(0, 64).Select(i => Blocks.Chainable(0x4000 + (ulong)i)).ToArray();
            using var start = new Barrier(3);
            var chainers = Enumerable.Range(0, 2).Select(half => new Thread(() =>
            {
                start.SignalAndWait();
                for (var i = half; i < sources.Length; i += 2) jumps.TryChain(sources[i], 0, target);
            })).ToArray();
            foreach (var chainer in chainers) chainer.Start();
            start.SignalAndWait();
            jumps.Kill(target);
            foreach (var chainer in chainers) chainer.Join();
            Assert.Equal(0, linker.Linked);
            Assert.All(sources, source => Assert.Null(source.Jump0.Target));
        }
    }

    private sealed class ConcurrentLinker : ITbLinker
    {
        private readonly System.Collections.Concurrent.ConcurrentDictionary<TranslationBlock, bool> _linked = new();

        public int Linked => _linked.Count;

        public void Kill(TranslationBlock block)
        {
        }

        public void Link(TranslationBlock from, int slot, TranslationBlock target) => _linked[from] = true;

        public void Unlink(TranslationBlock from, int slot) => _linked.TryRemove(from, out _);
    }
}
