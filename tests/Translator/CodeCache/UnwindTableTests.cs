using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Translator.Tests.CodeCache;

public sealed class UnwindTableTests
{
    [Fact]
    public void Exactly_the_recorded_places_are_found_also_where_guest_offsets_go_back()
    {
        var random = new Random(11);
        for (var round = 0; round < 100; round++)
        {
            var table = new List<byte>();
            var points = new Dictionary<int, int>();
            int lastHost = 0, lastGuest = 0, host = 0;
            for (var i = 0; i < 100; i++)
            {
                host += random.Next(1, 1 << random.Next(1, 16));
                var guest = random.Next(0, 1 << random.Next(1, 13));
                UnwindTable.Add(table, ref lastHost, ref lastGuest, host, guest);
                points.Add(host, guest);
            }
            var bytes = table.ToArray();
            foreach (var (at, guest) in points)
            {
                Assert.Equal(guest, UnwindTable.Find(bytes, at));
                if (!points.ContainsKey(at + 1)) Assert.Equal(-1, UnwindTable.Find(bytes, at + 1));
            }
            Assert.Equal(-1, UnwindTable.Find(bytes, host + 1));
        }
    }

    [Fact]
    public void A_block_without_helper_calls_has_no_point() => Assert.Equal(-1, UnwindTable.Find([], 0));
}
