using Tcg.Mttcg.Memory.Pages;

namespace Tcg.Mttcg.Memory.Tests.Pages;

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
        for (var round = 0; round < 20; round++)
        {
            const int pages = 4096;
            var directory = new PageDirectory(new(pages));
            var seen = new PageDesc[4][];
            Parallel.For(0, 4, worker =>
            {
                var random = new Random(worker);
                var mine = new PageDesc[pages];
                foreach (var page in Enumerable.Range(0, pages).OrderBy(_ => random.Next()))
                    mine[page] = directory.FindOrAllocate(new((uint)page));
                seen[worker] = mine;
            });
            for (var page = 0; page < pages; page++)
                Assert.All(seen, mine => Assert.Same(seen[0][page], mine[page]));
        }
    }

    [Fact]
    public void Flags_are_set_and_cleared_one_by_one_and_tell_what_was()
    {
        var desc = new PageDirectory(new(10)).FindOrAllocate(new(3));
        Assert.Equal(PageFlags.None, desc.Set(PageFlags.WriterSeen));
        Assert.Equal(PageFlags.WriterSeen, desc.Set(PageFlags.HasCode | PageFlags.Protected));
        Assert.Equal(PageFlags.HasCode | PageFlags.Protected | PageFlags.WriterSeen, desc.Clear(PageFlags.Protected));
        Assert.Equal(PageFlags.HasCode | PageFlags.WriterSeen, desc.Flags);
    }

    [Fact]
    public void Concurrent_flag_changes_of_neighbours_and_of_one_page_do_not_lose_any()
    {
        var directory = new PageDirectory(new(8));
        Parallel.For(0, 3, worker =>
        {
            var flag = (PageFlags)(1 << worker);
            for (var i = 0; i < 50_000; i++)
            {
                Assert.Equal(PageFlags.None, directory.SetFlags(new((uint)i % 8), flag) & flag);
                Assert.Equal(flag, directory.ClearFlags(new((uint)i % 8), flag) & flag);
            }
        });
        for (var page = 0u; page < 8; page++)
            Assert.Equal(PageFlags.None, directory.FlagsOf(new(page)));
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
                desc.BumpVersion();
                desc.LeaveWriter();
            }
        });
        Assert.Equal(40_000UL, desc.Version);
        Assert.Equal(0, desc.WritersInFlight);
    }
}
