using Tcg.Mttcg.Memory.Tlb;

namespace Tcg.Mttcg.Memory.Tests.Tlb;

public class TlbTagTests
{
    [Fact]
    public void No_address_that_indexes_at_an_empty_slot_matches_it()
    {
        var random = new Random(1);
        for (var i = 0; i < 1_000_000; i++)
        {
            var address = Hostile(random);
            var index = (int)(address >> PageSize.Shift) & 0xff;
            Assert.True((address ^ TlbTag.Empty(index)) > PageSize.Bytes - 1);
        }
    }

    [Fact]
    public void No_address_that_shares_the_slot_matches_a_tag_with_flags()
    {
        var random = new Random(2);
        for (var i = 0; i < 1_000_000; i++)
        {
            var owner = Hostile(random) & PageSize.Mask;
            var flags = (TlbFlags)random.Next(1, 32);
            var tag = TlbTag.Make(owner, flags);
            foreach (var intruder in new[] { owner, owner ^ (1UL << random.Next(20, 64)), tag & PageSize.Mask, ~tag, tag })
                if (((intruder ^ owner) & 0xff000) == 0)
                    Assert.True((intruder ^ tag) > PageSize.Bytes - 1);
        }
    }

    [Fact]
    public void Flags_survive_in_the_tag_and_only_its_page_reads_them()
    {
        foreach (var page in new ulong[] { 0, 0x1000, 0xffff_ffff_ffff_f000, 0x8000_0000_0000_0000, 0x0000_7fff_ffff_e000 })
            for (var bits = 0; bits < 32; bits++)
            {
                var flags = (TlbFlags)bits;
                var tag = TlbTag.Make(page, flags);
                Assert.Equal(!flags.HasFlag(TlbFlags.Invalid), TlbTag.Matches(tag, page, out var read));
                Assert.Equal(flags, read);
                Assert.False(TlbTag.Matches(tag, page ^ 0x1000, out _));
                Assert.False(TlbTag.Matches(tag, page ^ 0x2000, out _));
                Assert.False(TlbTag.Matches(tag, page ^ (1UL << 63), out _));
                Assert.Equal(flags == TlbFlags.None, TlbTag.IsUsable(tag, (int)(page >> PageSize.Shift) & 0xff));
            }
    }

    private static ulong Hostile(Random random) => random.Next(5) switch
    {
        0 => (ulong)random.NextInt64(),
        1 => ~(ulong)random.NextInt64(),
        2 => (ulong)random.Next(0, 1 << 20),
        3 => ulong.MaxValue - (ulong)random.Next(0, 1 << 20),
        _ => 1UL << random.Next(64),
    };
}
