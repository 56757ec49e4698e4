using Tcg.Mttcg.Memory.Host;
using Tcg.Mttcg.Memory.Physical;

namespace Tcg.Mttcg.Memory.Tests.Physical;

public unsafe class GuestRamTests
{
    [Theory]
    [InlineData(0UL)]
    [InlineData((1UL << 20) - 4096)]
    [InlineData((1UL << 20) + 1)]
    [InlineData((64UL << 30) + 4096)]
    [InlineData(99UL << 40)]
    [InlineData(ulong.MaxValue)]
    public void Sizes_no_machine_has_are_refused(ulong length) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new GuestRam(length));

    [Theory]
    [InlineData(1UL << 20)]
    [InlineData(3UL << 20)]
    [InlineData(64UL << 30)]
    public void The_first_and_the_last_byte_are_there(ulong length)
    {
        using var ram = new GuestRam(length, 0);
        ram.Host(new(0)).Bytes[0] = 1;
        ram.Host(new(length - 1)).Bytes[0] = 2;
        Assert.Equal(1, ram.Span(new(0), 1)[0]);
        Assert.Equal(2, ram.Span(new(length - 1), 1)[0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => ram.Host(new(length)));
        Assert.Throws<ArgumentOutOfRangeException>(() => ram.Span(new(length - 1), 2).Length);
    }

    [Fact]
    public void Untouched_memory_costs_nothing()
    {
        using var ram = new GuestRam(64UL << 30);
        ram.Host(new(5UL << 30)).Bytes[0] = 1;
        Assert.InRange(ResidentKilobytes(ram.Base), 1, 4096);
    }

    [Fact]
    public void The_base_is_aligned_for_huge_pages()
    {
        using var ram = new GuestRam(1UL << 20);
        Assert.Equal(0UL, ram.Base.Value % (2UL << 20));
    }

    [Fact]
    public void A_host_pointer_finds_its_offset()
    {
        using var ram = new GuestRam(2UL << 20, 4096);
        Assert.Equal(new RamOffset(0x12345), ram.OffsetOf(ram.Host(new(0x12345))));
        Assert.Equal(new RamOffset(2UL << 20), ram.OffsetOf(ram.Base + (2UL << 20)));
        Assert.False(ram.TryOffsetOf(new(ram.Base.Value - 1), out _));
        Assert.False(ram.TryOffsetOf(ram.Base + ram.TotalLength, out _));
        Assert.False(ram.TryOffsetOf(default, out _));
        Assert.Throws<ArgumentOutOfRangeException>(() => ram.OffsetOf(new HostPointer(1)));
    }

    [Fact]
    public void Auxiliary_pages_lie_behind_ram_and_run_out()
    {
        using var ram = new GuestRam(1UL << 20, 3 * 4096);
        Assert.Equal(new RamOffset(1UL << 20), ram.AllocateAuxiliary(1));
        Assert.Equal(new RamOffset((1UL << 20) + 4096), ram.AllocateAuxiliary(8192));
        Assert.Throws<InvalidOperationException>(() => ram.AllocateAuxiliary(1));
        Assert.Equal(259u, ram.EndPage.Index);
    }

    private static long ResidentKilobytes(HostPointer start)
    {
        var lines = File.ReadLines("/proc/self/smaps").SkipWhile(line => !line.StartsWith($"{start.Value:x}-", StringComparison.Ordinal));
        return long.Parse(lines.First(line => line.StartsWith("Rss:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
    }
}
