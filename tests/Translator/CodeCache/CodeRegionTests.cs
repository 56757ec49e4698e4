using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Translator.Tests.CodeCache;

public sealed unsafe class CodeRegionTests
{
    private const nuint Base = 0x10000;
    private readonly CodeRegion _region = new(0, null, (byte*)Base, 65536, 60000);

    private TranslationBlock Append(int bytes)
    {
        var block = Blocks.New(pc: (ulong)_region.Used);
        (block.Region, block.CodeOffset, block.CodeBytes) = (_region, _region.Used, bytes);
        _region.Used += bytes;
        _region.Append(block);
        return block;
    }

    [Fact]
    public void Every_byte_of_a_block_finds_it_and_gaps_find_nothing()
    {
        var blocks = Enumerable.Range(1, 200).Select(n =>
        {
            var block = Append(n);
            _region.Used += 3;
            return block;
        }).ToArray();
        foreach (var block in blocks)
        {
            Assert.Same(block, _region.Find(Base + (nuint)block.CodeOffset));
            Assert.Same(block, _region.Find(Base + (nuint)(block.CodeOffset + block.CodeBytes - 1)));
            Assert.Null(_region.Find(Base + (nuint)(block.CodeOffset + block.CodeBytes)));
        }
        Assert.Null(_region.Find(Base - 1));
        Assert.Null(_region.Find(0));
    }

    [Fact]
    public void The_newest_block_gives_its_bytes_back_and_only_the_newest()
    {
        var older = Append(16);
        var newest = Append(32);
        Assert.Throws<InvalidOperationException>(() => _region.RemoveLast(older));
        _region.RemoveLast(newest);
        Assert.Equal(16, _region.Used);
        Assert.Null(_region.Find(Base + 20));
        Assert.Same(older, _region.Find(Base + 15));
    }

    [Fact]
    public void A_reset_region_is_empty()
    {
        Append(16);
        _region.Reset();
        Assert.Equal(0, _region.Used);
        Assert.Equal(0, _region.Blocks.Count);
        Assert.Null(_region.Find(Base));
    }
}
