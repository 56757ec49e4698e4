using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Translator.Tests.CodeCache;

public sealed class TbDescriptorsTests
{
    private readonly TbDescriptors _descriptors = new();
    private TbIds _ids;

    [Fact]
    public void An_id_leads_to_its_block_and_is_used_again_after_its_release()
    {
        var first = _descriptors.Allocate(Blocks.Key(1), ref _ids);
        var second = _descriptors.Allocate(Blocks.Key(2), ref _ids);
        Assert.Same(first, _descriptors[first.Id]);
        Assert.Same(second, _descriptors[second.Id]);
        _descriptors.Release(first);
        Assert.Throws<InvalidOperationException>(() => _descriptors[first.Id]);
        var third = _descriptors.Allocate(Blocks.Key(3), ref _ids);
        Assert.Equal(first.Id, third.Id);
        Assert.Same(third, _descriptors[third.Id]);
    }

    [Fact]
    public void Concurrent_allocations_never_share_an_id()
    {
        var all = new TranslationBlock[4][];
        using var start = new Barrier(all.Length);
        var threads = Enumerable.Range(0, all.Length).Select(t => new Thread(() =>
        {
            all[t] = new TranslationBlock[100_000];
            start.SignalAndWait();
            var ids = new TbIds();
            for (var i = 0; i < all[t].Length; i++) all[t][i] = _descriptors.Allocate(Blocks.Key((ulong)i), ref ids);
        })).ToArray();
        foreach (var thread in threads) thread.Start();
        foreach (var thread in threads) thread.Join();
        var blocks = all.SelectMany(part => part).ToArray();
        Assert.Equal(blocks.Length, blocks.Select(block => block.Id).Distinct().Count());
        Assert.All(blocks, block => Assert.Same(block, _descriptors[block.Id]));
    }
}
