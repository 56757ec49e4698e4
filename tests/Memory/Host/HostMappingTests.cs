using System.Globalization;
using Tcg.Mttcg.Memory.Host;

namespace Tcg.Mttcg.Memory.Tests.Host;

public unsafe class HostMappingTests
{
    [Fact]
    public void Two_views_of_a_file_show_the_same_bytes()
    {
        using var file = new MemoryFile("test", 8192);
        using var write = file.Map(HostProtection.ReadWrite);
        using var execute = file.Map(HostProtection.ReadExecute);
        write.Bytes[5000] = 0xc3;
        Assert.NotEqual(write.Start, execute.Start);
        Assert.Equal(0xc3, execute.Bytes[5000]);
    }

    [Fact]
    public void Populated_pages_are_there_before_they_are_touched_and_no_others()
    {
        using var file = new MemoryFile("test", 256 << 10);
        using var write = file.Map(HostProtection.ReadWrite);
        using var execute = file.Map(HostProtection.ReadExecute);
        HostMapping.Populate(write.Bytes + 4096, 64 << 10, forWrites: true);
        HostMapping.Populate(execute.Bytes + 4096, 64 << 10, forWrites: false);
        Assert.Equal((64, 64), (ResidentKilobytes(write), ResidentKilobytes(execute)));
    }

    private static int ResidentKilobytes(HostMapping mapping)
    {
        var lines = File.ReadLines("/proc/self/smaps").SkipWhile(line => !line.StartsWith($"{mapping.Start.Value:x}-", StringComparison.Ordinal));
        return int.Parse(lines.First(line => line.StartsWith("Rss:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    [Fact]
    public void A_view_outlives_its_file()
    {
        var file = new MemoryFile("test", 4096);
        using var view = file.Map(HostProtection.ReadWrite);
        file.Dispose();
        view.Bytes[7] = 9;
        Assert.Equal(9, view.Bytes[7]);
    }

    [Fact]
    public void A_part_of_a_file_starts_at_its_offset()
    {
        using var file = new MemoryFile("test", 3 * 4096);
        using var all = file.Map(HostProtection.ReadWrite);
        using var part = file.Map(HostProtection.Read, 4096, 8192, 4096);
        all.Bytes[4096] = 1;
        all.Bytes[3 * 4096 - 1] = 2;
        Assert.Equal(1, part.Bytes[0]);
        Assert.Equal(2, part.Bytes[8191]);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Map(HostProtection.Read, 8192, 8192, 4096));
        Assert.Throws<ArgumentOutOfRangeException>(() => file.Map(HostProtection.Read, 1, 4096, 4096));
    }

    [Fact]
    public void Nothing_is_ever_writable_and_executable()
    {
        const HostProtection both = HostProtection.Write | HostProtection.Execute;
        using var file = new MemoryFile("test", 4096);
        using var mapping = HostMapping.Allocate(4096);
        Assert.Throws<ArgumentException>(() => file.Map(both));
        Assert.Throws<ArgumentException>(() => HostMapping.Allocate(4096, both));
        Assert.Throws<ArgumentException>(() => mapping.Protect(0, 4096, both | HostProtection.Read));
    }

    [Theory]
    [InlineData(4096UL)]
    [InlineData(65536UL)]
    [InlineData(1UL << 21)]
    [InlineData(1UL << 30)]
    public void A_mapping_has_the_alignment_asked_for(ulong alignment)
    {
        using var file = new MemoryFile("test", 12288);
        using var view = file.Map(HostProtection.ReadWrite, alignment);
        using var anonymous = HostMapping.Allocate(12288, alignment: alignment);
        Assert.Equal(0UL, view.Start.Value % alignment);
        Assert.Equal(0UL, anonymous.Start.Value % alignment);
        view.Bytes[12287] = anonymous.Bytes[12287] = 1;
    }

    [Fact]
    public void Rights_change_for_a_part_only()
    {
        using var mapping = HostMapping.Allocate(3 * 4096, HostProtection.None);
        mapping.Protect(4096, 4096, HostProtection.ReadWrite);
        var rights = File.ReadLines("/proc/self/maps")
            .Where(line => Convert.ToUInt64(line[..line.IndexOf('-')], 16) == mapping.Start.Value + 4096)
            .Select(line => line.Split(' ')[1]);
        Assert.Equal(["rw-p"], rights);
        mapping.Bytes[4096] = 1;
        Assert.Throws<ArgumentOutOfRangeException>(() => mapping.Protect(8192, 8192, HostProtection.Read));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL)]
    [InlineData(4097UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData(0xffff_ffff_ffff_f000UL)]
    public void Absurd_lengths_are_refused(ulong length)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new MemoryFile("test", length));
        Assert.Throws<ArgumentOutOfRangeException>(() => HostMapping.Allocate(length));
    }

    [Fact]
    public void What_the_host_refuses_is_a_host_memory_exception()
    {
        var failure = Assert.Throws<HostMemoryException>(() => HostMapping.Allocate(1UL << 60));
        Assert.Equal(12, failure.Error);
        Assert.Contains("mmap", failure.Message);
    }

    [Fact]
    public void A_disposed_mapping_says_so()
    {
        var mapping = HostMapping.Allocate(4096);
        mapping.Dispose();
        mapping.Dispose();
        Assert.Throws<ObjectDisposedException>(() => mapping.Start);
        Assert.Throws<ObjectDisposedException>(() => mapping.Span(0, 1).Length);
    }

    [Fact]
    public void A_span_stays_inside()
    {
        using var mapping = HostMapping.Allocate(4096);
        Assert.Equal(6, mapping.Span(4090, 6).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => mapping.Span(4090, 7).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => mapping.Span(ulong.MaxValue, 2).Length);
    }
}
