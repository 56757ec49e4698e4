using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.CodeCache;

public sealed class TbHashTests
{
    private readonly TbHash _hash = new();

    [Fact]
    public void A_block_is_found_by_every_part_of_its_key()
    {
        var block = Blocks.New(0x1000);
        _hash.Add(block);
        Assert.Same(block, _hash.Find(block.Key));
        Assert.Null(_hash.Find(block.Key with { PhysicalPc = new(0x2000) }));
        Assert.Null(_hash.Find(Blocks.Key(0x1000, TbFlags.Code32)));
        Assert.Null(_hash.Find(Blocks.Key(0x1000, compile: TbCompileFlags.NoChain)));
        Assert.Null(_hash.Find(Blocks.Key(0x1000, csBase: 0x10)));
    }

    [Fact]
    public void Random_additions_and_removals_agree_with_a_dictionary()
    {
        var random = new Random(5);
        var model = new Dictionary<TbKey, TranslationBlock>();
        for (var i = 0; i < 60_000; i++)
        {
            var key = Blocks.Key((ulong)random.Next(20_000));
            if (random.Next(3) == 0 && model.Remove(key, out var known))
            {
                Assert.True(_hash.Remove(known));
                Assert.False(_hash.Remove(known));
            }
            else if (!model.ContainsKey(key))
            {
                model.Add(key, new TranslationBlock(i, key));
                _hash.Add(model[key]);
            }
        }
        Assert.Equal(model.Count, _hash.Count);
        for (ulong pc = 0; pc < 20_000; pc++) Assert.Equal(model.GetValueOrDefault(Blocks.Key(pc)), _hash.Find(Blocks.Key(pc)));
    }

    // The writer grows the table and takes other blocks out of every chain meanwhile.
    [Fact]
    public void A_reader_never_misses_a_block_that_stays()
    {
        var staying = Enumerable.Range(0, 512).Select(i => Blocks.New((ulong)i * 64)).ToArray();
        foreach (var block in staying) _hash.Add(block);
        var stop = false;
        var missed = 0;
        var readers = Enumerable.Range(0, 2).Select(_ => new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
                foreach (var block in staying)
                    if (_hash.Find(block.Key) != block) Interlocked.Increment(ref missed);
        })).ToArray();
        foreach (var reader in readers) reader.Start();
        for (var round = 0; round < 4; round++)
        {
            var passing = Enumerable.Range(0, 20_000).Select(i => Blocks.New(0x100_0000 + (ulong)i)).ToArray();
            foreach (var block in passing) _hash.Add(block);
            foreach (var block in passing) _hash.Remove(block);
        }
        Volatile.Write(ref stop, true);
        foreach (var reader in readers) reader.Join();
        Assert.Equal(0, missed);
    }
}
