using Tcg.Mttcg.Memory.Pages;

namespace Tcg.Mttcg.Memory.Tests.Pages;

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
        for (var round = 0; round < 200; round++)
        {
            var bitmap = new SmcBitmap();
            Parallel.For(0, 4, worker =>
            {
                for (var i = worker; i < 128; i += 4)
                    bitmap.Add(i, 1);
            });
            Assert.Equal(128, bitmap.Count);
        }
    }

    private static (int Offset, int Length) Span(Random random, int longest)
    {
        var length = random.Next(1, longest);
        return (random.Next(4096 - length + 1), length);
    }
}
