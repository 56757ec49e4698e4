using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Translator.Tests.CodeCache;

public sealed unsafe class CodeBufferTests
{
    private const int Regions = 4;
    private const long Bytes = Regions * CodeBuffer.MinRegionBytes;

    [Fact]
    public void What_is_written_through_one_view_is_seen_through_the_other()
    {
        using var buffer = new CodeBuffer(Bytes, Regions);
        foreach (var region in buffer.Regions.Append(buffer.Thunks))
        {
            Assert.True(region.Writable != region.Executable);
            region.Writable[region.Bytes - 1] = (byte)(0xc0 + region.Index);
            Assert.Equal((byte)(0xc0 + region.Index), region.Executable[region.Bytes - 1]);
        }
    }

    [Fact]
    public void No_page_is_writable_and_executable_and_nothing_follows_a_region()
    {
        using var buffer = new CodeBuffer(Bytes, Regions);
        foreach (var region in buffer.Regions.Append(buffer.Thunks))
        {
            Assert.Equal("rw-s", RightsAt(region.Writable));
            Assert.Equal("rw-s", RightsAt(region.Writable + region.Bytes - 1));
            Assert.Equal("r-xs", RightsAt(region.Executable));
            Assert.Equal("---s", RightsAt(region.Writable + region.Bytes));
            Assert.Equal("---s", RightsAt(region.Executable + region.Bytes));
        }
    }

    [Fact]
    public void A_code_address_names_its_region_and_a_thunk_or_a_stranger_none()
    {
        using var buffer = new CodeBuffer(Bytes, Regions);
        foreach (var region in buffer.Regions)
        {
            Assert.Same(region, buffer.RegionOf((nuint)region.Executable));
            Assert.Same(region, buffer.RegionOf((nuint)region.Executable + (nuint)region.Bytes - 1));
        }
        Assert.Null(buffer.RegionOf((nuint)buffer.Thunks.Executable));
        Assert.Null(buffer.RegionOf(0));
        Assert.Null(buffer.RegionOf(nuint.MaxValue));
    }

    [Fact]
    public void Regions_are_equal_lie_in_one_buffer_and_leave_room_behind_the_highwater()
    {
        using var buffer = new CodeBuffer(Bytes, Regions);
        var first = buffer.Thunks.Executable;
        foreach (var region in buffer.Regions)
        {
            Assert.Equal(Bytes / Regions, region.Bytes);
            Assert.True(region.HighWater < region.Bytes);
            Assert.InRange(region.Executable - first, 1, CodeBuffer.MaxBytes);
        }
    }

    [Theory]
    [InlineData(CodeBuffer.MinRegionBytes, 1)]
    [InlineData(CodeBuffer.MinRegionBytes, 2)]
    [InlineData(CodeBuffer.MaxBytes, 2)]
    [InlineData(0, 2)]
    public void Sizes_that_cannot_work_are_refused(long bytes, int regions) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new CodeBuffer(bytes, regions).Dispose());

    // The kernel's own word for it.
    private static string RightsAt(byte* address)
    {
        foreach (var line in File.ReadLines("/proc/self/maps"))
        {
            var dash = line.IndexOf('-');
            var space = line.IndexOf(' ');
            var start = Convert.ToUInt64(line[..dash], 16);
            var end = Convert.ToUInt64(line[(dash + 1)..space], 16);
            if ((ulong)address >= start && (ulong)address < end) return line.Substring(space + 1, 4);
        }
        return "none";
    }
}
