using System.Numerics;
using Tcg.Mttcg.Memory.Pages;

namespace Tcg.Mttcg.Memory.Tests.Pages;

[Collection(Rendezvous.Collection)]
public class DirtyBitmapsTests
{
    private readonly DirtyBitmaps _dirty = new(new(1000));

    [Fact]
    public void At_first_everything_is_dirty_for_everyone()
    {
        foreach (var client in Enum.GetValues<DirtyClient>())
            Assert.True(_dirty.IsDirty(client, new(999)));
        Assert.True(_dirty.IsDirtyForAll(new(0)));
    }

    [Fact]
    public void Clients_do_not_disturb_each_other()
    {
        Assert.True(_dirty.TestAndClear(DirtyClient.Display, new(70)));
        Assert.False(_dirty.TestAndClear(DirtyClient.Display, new(70)));
        Assert.False(_dirty.IsDirty(DirtyClient.Display, new(70)));
        Assert.True(_dirty.IsDirty(DirtyClient.Migration, new(70)));
        Assert.True(_dirty.IsDirty(DirtyClient.Display, new(71)));
        Assert.False(_dirty.IsDirtyForAll(new(70)));
        _dirty.Set(DirtyClient.Display, new(70));
        Assert.True(_dirty.IsDirtyForAll(new(70)));
    }

    [Fact]
    public void Reading_and_clearing_random_ranges_agrees_with_a_model()
    {
        var random = new Random(6);
        var model = Enumerable.Repeat(true, 1000).ToArray();
        for (var round = 0; round < 2000; round++)
        {
            var first = random.Next(1001);
            var count = random.Next(1001 - first);
            switch (random.Next(3))
            {
                case 0:
                    var bits = new ulong[(count + 63) / 64];
                    Array.Fill(bits, ulong.MaxValue);
                    var expected = model.AsSpan(first, count).Count(true);
                    Assert.Equal(expected, _dirty.ReadAndClear(DirtyClient.Migration, new((uint)first), count, bits));
                    Assert.Equal(expected, bits.Sum(BitOperations.PopCount));
                    for (var i = 0; i < count; i++)
                        Assert.Equal(model[first + i], (bits[i / 64] >> (i % 64) & 1) != 0);
                    Array.Fill(model, false, first, count);
                    break;
                case 1:
                    _dirty.SetRange(DirtyClient.Migration, new((uint)first), count / 4);
                    Array.Fill(model, true, first, count / 4);
                    break;
                default:
                    Assert.Equal(model.AsSpan(first, count).Contains(true), _dirty.AnyDirty(DirtyClient.Migration, new((uint)first), count));
                    break;
            }
        }
        for (var page = 0; page < 1000; page++)
            Assert.Equal(model[page], _dirty.IsDirty(DirtyClient.Migration, new((uint)page)));
    }

    [Fact]
    public void Ranges_outside_ram_are_refused()
    {
        var bits = new ulong[100];
        Assert.Throws<ArgumentOutOfRangeException>(() => _dirty.ReadAndClear(DirtyClient.Code, new(1000), 1, bits));
        Assert.Throws<ArgumentOutOfRangeException>(() => _dirty.SetRange(DirtyClient.Code, RamPage.None, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => _dirty.AnyDirty(DirtyClient.Code, new(0), -1));
        Assert.Equal(0, _dirty.ReadAndClear(DirtyClient.Code, new(1000), 0, bits));
    }

    [Fact]
    public void No_store_is_lost_between_a_reader_and_several_writers()
    {
        const int pages = 200;
        const int storesEach = 20_000;
        var stored = new int[pages];
        var seen = new int[pages];
        var dirty = new DirtyBitmaps(new(pages));
        var bits = new ulong[4];
        dirty.ReadAndClear(DirtyClient.Migration, new(0), pages, bits);
        var writers = Enumerable.Range(0, 3).Select(worker => new Thread(() =>
        {
            var random = new Random(worker);
            for (var i = 0; i < storesEach; i++)
            {
                var page = random.Next(pages);
                Interlocked.Increment(ref stored[page]);
                dirty.Set(DirtyClient.Migration, new((uint)page));
            }
        })).ToArray();
        Array.ForEach(writers, writer => writer.Start());
        bool running;
        do
        {
            running = writers.Any(writer => writer.IsAlive);
            dirty.ReadAndClear(DirtyClient.Migration, new(0), pages, bits);
            for (var page = 0; page < pages; page++)
                if ((bits[page / 64] >> (page % 64) & 1) != 0)
                    seen[page] = Volatile.Read(ref stored[page]);
        }
        while (running);
        Assert.Equal(stored, seen);
    }

    [Fact]
    public void Neighbours_in_one_word_are_set_by_two_threads_without_loss()
    {
        const int pages = 1 << 16;
        var dirty = new DirtyBitmaps(new(pages));
        var bits = new ulong[pages / 64];
        for (var round = 0; round < 4; round++)
        {
            dirty.ReadAndClear(DirtyClient.Display, new(0), pages, bits);
            var rendezvous = new Rendezvous();
            Rendezvous.Race(worker =>
            {
                for (var page = 0; page < pages; page++)
                {
                    if (page % 4096 == 0)
                        rendezvous.Meet(page / 4096);
                    if (page % 2 == worker)
                        dirty.Set(DirtyClient.Display, new((uint)page));
                }
            });
            Assert.Equal(pages, dirty.ReadAndClear(DirtyClient.Display, new(0), pages, bits));
        }
    }
}
