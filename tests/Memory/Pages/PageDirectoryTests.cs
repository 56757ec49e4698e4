using System.Diagnostics;
using Tcg.Mttcg.Memory.Pages;

namespace Tcg.Mttcg.Memory.Tests.Pages;

[Collection(Rendezvous.Collection)]
public class PageDirectoryTests
{
    [Fact]
    public void A_page_is_found_only_after_it_was_made()
    {
        var directory = new PageDirectory(new(5000));
        Assert.Null(directory.Find(new(4999)));
        var made = directory.FindOrAllocate(new(4999));
        Assert.Same(made, directory.Find(new(4999)));
        Assert.Same(made, directory.FindOrAllocate(new(4999)));
        Assert.Equal(new RamPage(4999), made.Page);
        Assert.Null(directory.Find(new(4998)));
    }

    [Fact]
    public void Pages_outside_ram_are_never_found_nor_made()
    {
        var directory = new PageDirectory(new(5000));
        Assert.Null(directory.Find(new(5000)));
        Assert.Null(directory.Find(RamPage.None));
        Assert.Throws<ArgumentOutOfRangeException>(() => directory.FindOrAllocate(new(5000)));
        Assert.Throws<ArgumentOutOfRangeException>(() => directory.FindOrAllocate(RamPage.None));
    }

    [Fact]
    public void The_largest_machine_has_its_last_page()
    {
        var end = new RamPage((uint)((64UL << 30) >> 12));
        var directory = new PageDirectory(end);
        Assert.Equal(end, directory.End);
        Assert.Equal(end.Index - 1, directory.FindOrAllocate(new(end.Index - 1)).Page.Index);
    }

    [Fact]
    public void Concurrent_callers_get_the_same_descriptor()
    {
        const int rounds = 8;
        const int pages = 8192;
        const int together = 4;
        var directories = Enumerable.Range(0, rounds).Select(_ => new PageDirectory(new(pages))).ToArray();
        var seen = new[] { new PageDesc[rounds * pages], new PageDesc[rounds * pages] };
        var rendezvous = new Rendezvous();
        Rendezvous.Race(worker =>
        {
            for (var i = 0; i < rounds * pages; i++)
            {
                if (i % together == 0)
                    rendezvous.Meet(i / together);
                seen[worker][i] = directories[i / pages].FindOrAllocate(new((uint)(i % pages)));
            }
        });
        Assert.Equal(-1, Enumerable.Range(0, rounds * pages).FirstOrDefault(i => !ReferenceEquals(seen[0][i], seen[1][i]), -1));
    }

    [Fact]
    public void Flags_are_set_and_cleared_one_by_one_and_tell_what_was()
    {
        var desc = new PageDirectory(new(10)).FindOrAllocate(new(3));
        Assert.Equal(PageFlags.None, desc.Set(PageFlags.HasCode));
        Assert.Equal(PageFlags.HasCode, desc.Set(PageFlags.Protected));
        Assert.Equal(PageFlags.HasCode | PageFlags.Protected, desc.Clear(PageFlags.Protected));
        Assert.Equal(PageFlags.HasCode, desc.Flags);
    }

    [Fact]
    public void Writers_are_nobody_then_one_then_any_and_none_is_noted_while_there_is_code()
    {
        var directory = new PageDirectory(new(10));
        RamPage page = new(3);
        Assert.True(directory.WritersOf(page).IsNone);
        Assert.False(directory.WritersOf(page).Includes(0));
        Assert.True(directory.TryAddWriter(page, 7));
        directory.SetFlags(page, PageFlags.HasCode);
        Assert.False(directory.TryAddWriter(page, 0));
        Assert.Equal([7], Enumerable.Range(0, 300).Where(directory.WritersOf(page).Includes));
        directory.ClearFlags(page, PageFlags.HasCode);
        Assert.True(directory.TryAddWriter(page, 0));
        Assert.Equal(PageWriters.Any, directory.WritersOf(page));
        Assert.Equal(300, Enumerable.Range(0, 300).Count(directory.WritersOf(page).Includes));
        Assert.Equal(PageFlags.None, directory.FlagsOf(page));
    }

    [Theory]
    [InlineData(253, false)]
    [InlineData(254, true)]
    [InlineData(1000, true)]
    public void A_writer_whose_index_has_no_mark_of_its_own_counts_as_any(int cpu, bool any) => Assert.Equal(any, PageWriters.Only(cpu) == PageWriters.Any);

    [Fact]
    public void Concurrent_flag_changes_of_neighbours_and_of_one_page_do_not_lose_any()
    {
        var directory = new PageDirectory(new(8));
        Parallel.For(0, 4, worker =>
        {
            if (worker == 3)
            {
                for (var i = 0; i < 50_000; i++) directory.TryAddWriter(new((uint)i % 8), i / 8 % 3);
                return;
            }
            var flag = (PageFlags)(1 << worker);
            for (var i = 0; i < 50_000; i++)
            {
                Assert.Equal(PageFlags.None, directory.SetFlags(new((uint)i % 8), flag) & flag);
                Assert.Equal(flag, directory.ClearFlags(new((uint)i % 8), flag) & flag);
            }
        });
        for (var page = 0u; page < 8; page++)
        {
            Assert.Equal(PageFlags.None, directory.FlagsOf(new(page)));
            Assert.Equal(PageWriters.Any, directory.WritersOf(new(page)));
        }
    }

    /// <summary>A writer seen in flight is still in flight or has shown its version: there is no moment between in which it hides.</summary>
    [Fact]
    public void A_page_with_a_writer_in_flight_never_counts_as_unchanged()
    {
        var desc = new PageDirectory(new(1)).FindOrAllocate(new(0));
        const int enough = 20_000;
        var patience = Stopwatch.StartNew();
        var started = 0UL;
        var stop = false;
        var met = 0;
        var wrong = 0;
        Rendezvous.Race(worker =>
        {
            while (worker == 0 && !Volatile.Read(ref stop))
            {
                desc.EnterWriter();
                Volatile.Write(ref started, desc.Version + 1);
                desc.CompleteWriter();
            }
            for (var i = 1; worker == 1 && met < enough && patience.Elapsed.TotalSeconds < 120; i++)
            {
                if (i % 65536 == 0)
                    Thread.Yield();
                var version = desc.Version;
                if (Volatile.Read(ref started) != version + 1)
                    continue;
                met++;
                wrong += desc.IsUnchangedSince(version) ? 1 : 0;
            }
            if (worker == 1)
                Volatile.Write(ref stop, true);
        });
        Assert.Equal(0, wrong);
        Assert.True(met == enough, $"only {met} writers were met");
    }

    [Fact]
    public void Versions_and_writers_count_across_threads()
    {
        var desc = new PageDirectory(new(1)).FindOrAllocate(new(0));
        Parallel.For(0, 4, _ =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                desc.EnterWriter();
                desc.CompleteWriter();
            }
        });
        Assert.Equal(40_000UL, desc.Version);
        Assert.Equal(0, desc.WritersInFlight);
    }
}
