using System.Text;
using Tcg.Mttcg.Machine.Storage;
using Tcg.Mttcg.Machine.Storage.Formats;
using static Tcg.Mttcg.Machine.Tests.Storage.Qcow2Files;

namespace Tcg.Mttcg.Machine.Tests.Storage;

public sealed class BadImageTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mttcg-bad-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData(VersionAt, 4, 9u, "is of qcow2 version 9")]
    [InlineData(ClusterBitsAt, 4, 8u, "has clusters of 2^8 bytes")]
    [InlineData(ClusterBitsAt, 4, 63u, "has clusters of 2^63 bytes")]
    [InlineData(CryptAt, 4, 1u, "is encrypted")]
    [InlineData(SizeAt, 8, 1UL << 62, "L1 entries, but")]
    [InlineData(SizeAt, 8, ulong.MaxValue, "has an absurd size")]
    [InlineData(SizeAt, 8, 1001UL, "no whole number of sectors")]
    [InlineData(L1EntriesAt, 4, uint.MaxValue, "has an absurd L1 table")]
    [InlineData(L1EntriesAt, 4, 0u, "has 0 L1 entries")]
    [InlineData(L1OffsetAt, 8, 1UL << 40, "its L1 table lies outside of the file")]
    [InlineData(L1OffsetAt, 8, 12345UL, "its L1 table lies outside of the file")]
    [InlineData(RefcountTableAt, 8, 1UL << 50, "its refcount table lies outside of the file")]
    [InlineData(RefcountTableClustersAt, 4, 1u << 30, "has an absurd refcount table")]
    [InlineData(RefcountOrderAt, 4, 7u, "has refcounts of 2^7 bits")]
    [InlineData(HeaderBytesAt, 4, 1u << 31, "has a header of")]
    [InlineData(HeaderBytesAt, 4, 8u, "has a header of")]
    [InlineData(IncompatibleAt, 8, 2UL, "is marked corrupt")]
    [InlineData(IncompatibleAt, 8, 4UL, "not supported (external data file)")]
    [InlineData(IncompatibleAt, 8, 16UL, "not supported (extended L2 entries)")]
    [InlineData(IncompatibleAt, 8, 1UL << 40, "not supported (bit 40)")]
    [InlineData(BackingAt, 8, 1UL << 33, "impossible backing file name")]
    public void A_qcow2_header_that_makes_no_sense_is_refused(int offset, int bytes, ulong value, string reason)
    {
        var image = Empty(1 << 20);
        // A backing file's name, for the row that moves it.
        if (offset == BackingAt) Put32(image, BackingAt + 8, 4);
        if (bytes == 4) Put32(image, offset, (uint)value);
        else Put64(image, offset, value);
        AssertRefused(Write("bad.qcow2", image), reason);
    }

    [Theory]
    [InlineData(10, "is truncated within its header")]
    [InlineData(104, "lies outside of the file")]
    [InlineData(140_000, "its L1 table lies outside of the file")]
    public void A_truncated_qcow2_image_is_refused(int bytes, string reason) => AssertRefused(Write("short.qcow2", Empty(1 << 20)[..bytes]), reason, ImageFormat.Qcow2);

    [Fact]
    public void A_feature_is_called_by_the_name_that_the_image_knows()
    {
        var image = Empty(1 << 20);
        Put64(image, IncompatibleAt, 1UL << 40);
        Put32(image, HeaderBytes, 0x6803f857);
        Put32(image, HeaderBytes + 4, 48);
        image[HeaderBytes + 9] = 40;
        Encoding.ASCII.GetBytes("time travel").CopyTo(image, HeaderBytes + 10);
        AssertRefused(Write("new.qcow2", image), "not supported (time travel)");
    }

    [Fact]
    public void A_corrupt_image_can_still_be_read()
    {
        var image = Empty(1 << 20);
        Put64(image, IncompatibleAt, 2);
        using var disk = DiskImages.Open(new DiskOptions(Write("corrupt.qcow2", image)) { ReadOnly = true });
        disk.Read(0, new byte[512]);
    }

    [Fact]
    public void A_chain_of_backing_files_that_bites_its_tail_is_refused()
    {
        WithBacking("a.qcow2", "b.qcow2");
        WithBacking("b.qcow2", "c.qcow2");
        AssertRefused(WithBacking("c.qcow2", "a.qcow2"), "has a loop", path: this["a.qcow2"]);
        AssertRefused(WithBacking("self.qcow2", "self.qcow2"), "has a loop");
    }

    [Fact]
    public void A_backing_file_that_is_missing_or_no_plain_file_is_refused()
    {
        AssertRefused(WithBacking("a.qcow2", "nowhere.img"), "its backing file " + this["nowhere.img"] + " does not exist");
        AssertRefused(WithBacking("b.qcow2", "nbd://host/x"), "is not a plain file");
        AssertRefused(WithBacking("c.qcow2", "/"), "is a directory", path: this["c.qcow2"]);
    }

    [Fact]
    public void What_is_no_disk_is_refused()
    {
        AssertRefused(_directory.FullName, "is a directory");
        AssertRefused(this["missing.img"], "does not exist");
        AssertRefused("/dev/null/x", "does not exist");
        AssertRefused("a\0b", "does not exist");
        AssertRefused("", "does not exist");
    }

    [Theory]
    [InlineData(0x1234_5600L, "an L2 table lies at")]
    [InlineData(1L << 50, "an L2 table lies at")]
    public void A_table_outside_of_the_file_fails_the_request_and_not_the_machine(long table, string reason)
    {
        var image = Empty(1 << 20);
        Put64(image, 3 * 65536, (ulong)table | 1UL << 63);
        using var disk = DiskImages.Open(new DiskOptions(Write("bad.qcow2", image)));
        Assert.Contains(reason, Assert.ThrowsAny<IOException>(() => disk.Read(0, new byte[512])).Message);
        Assert.Contains(reason, Assert.ThrowsAny<IOException>(() => disk.Write(0, new byte[512])).Message);
    }

    [Fact]
    public void Images_of_random_garbage_fail_with_a_message_and_nothing_else()
    {
        var random = new Random(8);
        for (var round = 0; round < 300; round++)
        {
            var image = Empty(1 << 20, clusterBits: 12);
            for (var i = 0; i < 6; i++)
            {
                var table = random.Next(4);
                Put64(image, table * 4096 + random.Next(16) * 8, (ulong)random.NextInt64() & random.Next(4) switch { 0 => 0xff00, 1 => 0x8000_0000_0000_ff00, _ => ulong.MaxValue });
            }
            Put32(image, 0, 0x514649fb);
            try
            {
                using var disk = DiskImages.Open(new DiskOptions(Write("garbage.qcow2", image)));
                var offset = random.NextInt64(Math.Max(1, disk.Length - 65536));
                for (var i = 0; i < 4; i++)
                {
                    disk.Read(offset, new byte[8192]);
                    disk.Write(offset, new byte[5000]);
                    disk.Discard(offset, 8192);
                    disk.Flush();
                }
            }
            catch (IOException)
            {
            }
        }
    }

    private string this[string name] => Path.Combine(_directory.FullName, name);

    private string Write(string name, byte[] image)
    {
        File.WriteAllBytes(this[name], image);
        return this[name];
    }

    private string WithBacking(string name, string backing)
    {
        var image = Empty(1 << 20);
        Encoding.UTF8.GetBytes(backing).CopyTo(image, 1024);
        Put64(image, BackingAt, 1024);
        Put32(image, BackingAt + 8, (uint)backing.Length);
        return Write(name, image);
    }

    private static void AssertRefused(string image, string reason, ImageFormat? format = null, string? path = null)
    {
        var message = Assert.Throws<DiskImageException>(() => DiskImages.Open(new DiskOptions(path ?? image) { Format = format }).Dispose()).Message;
        Assert.Contains(reason, message);
        Assert.StartsWith("disk ", message);
        Assert.DoesNotContain('\n', message);
    }
}
