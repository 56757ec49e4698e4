using Tcg.Mttcg.Memory.Pages;

namespace Tcg.Mttcg.Memory.Tests.Pages;

[Collection(Rendezvous.Collection)]
public class SmcBitmapTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(63, 2)]
    [InlineData(64, 64)]
    [InlineData(60, 200)]
    [InlineData(4095, 1)]
    [InlineData(0, 4096)]
    public void Exactly_the_added_bytes_are_code(int offset, int length)
    {
        var bitmap = new SmcBitmap();
        bitmap.Add(offset, length);
        Assert.Equal(length, bitmap.Count);
        for (var i = 0; i < 4096; i++)
            Assert.Equal(i >= offset && i < offset + length, bitmap.Overlaps(i, 1));
    }

    [Fact]
    public void Random_spans_agree_with_a_byte_array()
    {
        var random = new Random(4);
        for (var round = 0; round < 200; round++)
        {
            var bitmap = new SmcBitmap();
            var model = new bool[4096];
            for (var i = 0; i < 4; i++)
            {
                var (offset, length) = Span(random, 40);
                bitmap.Add(offset, length);
                Array.Fill(model, true, offset, length);
            }
            for (var i = 0; i < 200; i++)
            {
                var (offset, length) = Span(random, 300);
                Assert.Equal(model.AsSpan(offset, length).Contains(true), bitmap.Overlaps(offset, length));
            }
        }
    }

    [Fact]
    public void A_bitmap_of_words_is_a_copy()
    {
        var words = new ulong[SmcBitmap.Words];
        words[2] = 0b110;
        var bitmap = new SmcBitmap(words);
        words[3] = 1;
        Assert.Equal(2, bitmap.Count);
        Assert.True(bitmap.Overlaps(129, 2) && !bitmap.Overlaps(131, 100) && !bitmap.Overlaps(0, 129));
        Assert.Throws<ArgumentException>(() => new SmcBitmap(new ulong[63]));
    }

    [Theory]
    [InlineData(-1, 1)]
    [InlineData(0, 0)]
    [InlineData(4095, 2)]
    [InlineData(1, int.MaxValue)]
    [InlineData(int.MaxValue, int.MaxValue)]
    public void Spans_that_leave_the_page_are_refused(int offset, int length)
    {
        var bitmap = new SmcBitmap();
        Assert.Throws<ArgumentOutOfRangeException>(() => bitmap.Add(offset, length));
        Assert.Throws<ArgumentOutOfRangeException>(() => bitmap.Overlaps(offset, length));
    }

    [Fact]
    public void Concurrent_additions_to_one_word_are_all_kept()
    {
        const int rounds = 200;
        var bitmaps = Enumerable.Range(0, rounds).Select(_ => new SmcBitmap()).ToArray();
        var rendezvous = new Rendezvous();
        Rendezvous.Race(worker =>
        {
            for (var round = 0; round < rounds; round++)
            {
                rendezvous.Meet(round);
                for (var i = worker; i < 4096; i += 2)
                    bitmaps[round].Add(i, 1);
            }
        });
        Assert.All(bitmaps, bitmap => Assert.Equal(4096, bitmap.Count));
    }

    private static (int Offset, int Length) Span(Random random, int longest)
    {
        var length = random.Next(1, longest);
        return (random.Next(4096 - length + 1), length);
    }
}
