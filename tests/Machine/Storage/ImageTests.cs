using Tcg.Mttcg.Machine.Storage;
using Tcg.Mttcg.Machine.Storage.Files;
using Tcg.Mttcg.Machine.Storage.Formats;

namespace Tcg.Mttcg.Machine.Tests.Storage;

public sealed class ImageTests : IDisposable
{
    private const int Sectors = 4096;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mttcg-disk-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData(ImageFormat.Raw)]
    [InlineData(ImageFormat.Qcow2)]
    public void A_disk_holds_what_was_written_last_also_when_it_is_opened_again(ImageFormat format)
    {
        var path = Create("disk.img", format);
        var model = new DiskModel(Sectors, new Random(1)) { IsBytewise = true };
        for (var life = 0; life < 4; life++)
        {
            using var disk = DiskImages.Open(new DiskOptions(path) { Format = format });
            model.AssertAll(disk);
            for (var step = 0; step < 400; step++) model.Step(disk);
            model.AssertAll(disk);
        }
        if (format == ImageFormat.Qcow2 && QemuImg.IsThere) QemuImg.Check(path);
    }

    [Theory]
    [InlineData(ImageFormat.Raw)]
    [InlineData(ImageFormat.Qcow2)]
    public void A_snapshot_forgets_all_that_was_written_and_leaves_the_file_alone(ImageFormat format)
    {
        var path = Create("disk.img", format);
        using (var disk = DiskImages.Open(new DiskOptions(path))) disk.Write(1000, "below"u8);
        var before = File.ReadAllBytes(path);
        var model = new DiskModel(Sectors, new Random(2)) { IsBytewise = true };
        using (var disk = DiskImages.Open(new DiskOptions(path) { Snapshot = true }))
        {
            Span<byte> bytes = stackalloc byte[5];
            disk.Read(1000, bytes);
            Assert.Equal("below"u8, bytes);
            disk.WriteZeroes(0, disk.Length, unmap: true);
            for (var step = 0; step < 600; step++) model.Step(disk);
            model.AssertAll(disk);
        }
        Assert.Equal(before, File.ReadAllBytes(path));
    }

    [Fact]
    public void A_disk_of_bytes_is_read_and_refuses_writes()
    {
        var content = new byte[2 * 512];
        new Random(3).NextBytes(content);
        using var disk = new BytesImage(content);
        var read = new byte[700];
        disk.Read(200, read);
        Assert.Equal(content[200..900], read);
        Assert.Equal((content.Length, true), (disk.Length, disk.IsReadOnly));
        Assert.Throws<DiskImageException>(() => disk.Write(0, read));
        Assert.Throws<DiskImageException>(() => disk.WriteZeroes(0, 512, unmap: true));
        Assert.Throws<ArgumentException>(() => new BytesImage(new byte[513]));
    }

    [Fact]
    public void A_raw_disk_gives_discarded_space_back()
    {
        var path = Create("disk.img", ImageFormat.Raw);
        using var file = HostFile.Open(path, readOnly: false);
        using var disk = new RawImage(file, isGuess: false);
        disk.Write(0, Enumerable.Repeat((byte)1, 1 << 20).ToArray());
        disk.Flush();
        if (!file.PunchHole(0, 4096)) return;
        disk.Discard(0, 1 << 20);
        var bytes = new byte[1 << 20];
        disk.Read(0, bytes);
        Assert.Equal(new byte[1 << 20], bytes);
    }

    [Fact]
    public void Discarded_clusters_of_a_qcow2_image_are_used_again()
    {
        var path = Create("disk.img", ImageFormat.Qcow2);
        using (var disk = DiskImages.Open(new DiskOptions(path)))
        {
            for (var round = 0; round < 20; round++)
            {
                disk.Write(0, Enumerable.Repeat((byte)(round + 1), 1 << 20).ToArray());
                disk.Flush();
                disk.Discard(0, 1 << 20);
                disk.Flush();
            }
        }
        Assert.InRange(new FileInfo(path).Length, 0, 4 << 20);
    }

    [Fact]
    public void The_odd_end_of_a_raw_file_is_a_whole_sector()
    {
        var path = Path.Combine(_directory.FullName, "odd.img");
        File.WriteAllBytes(path, Enumerable.Repeat((byte)7, 1000).ToArray());
        using var disk = DiskImages.Open(new DiskOptions(path) { Format = ImageFormat.Raw });
        Assert.Equal(1024, disk.Length);
        var bytes = new byte[512];
        disk.Read(512, bytes);
        Assert.Equal([.. Enumerable.Repeat((byte)7, 488), .. new byte[24]], bytes);
    }

    [Fact]
    public void A_guest_cannot_turn_a_disk_of_guessed_format_into_a_qcow2_image()
    {
        var path = Create("disk.img", ImageFormat.Raw);
        using (var guessed = DiskImages.Open(new DiskOptions(path)))
        {
            guessed.Write(0, "QFI"u8);
            Assert.Throws<DiskImageException>(() => guessed.Write(3, [0xfb]));
            Assert.Throws<DiskImageException>(() => guessed.Write(0, [0x51, 0x46, 0x49, 0xfb, 0, 0, 0, 3]));
        }
        using var declared = DiskImages.Open(new DiskOptions(path) { Format = ImageFormat.Raw });
        declared.Write(3, [0xfb]);
    }

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(false, true, false)]
    [InlineData(true, false, false)]
    [InlineData(true, true, true)]
    public void Two_may_have_one_image_open_only_if_both_just_read(bool firstReads, bool secondReads, bool works)
    {
        var path = Create("disk.img", ImageFormat.Raw);
        using var first = DiskImages.Open(new DiskOptions(path) { ReadOnly = firstReads });
        var options = new DiskOptions(path) { ReadOnly = secondReads };
        if (works) DiskImages.Open(options).Dispose();
        else Assert.EndsWith("is in use by another machine or program", Assert.Throws<DiskImageException>(() => DiskImages.Open(options)).Message);
    }

    [QemuImgFact]
    public void Qemu_and_we_see_each_others_locks()
    {
        var path = Create("disk.img", ImageFormat.Raw);
        using (DiskImages.Open(new DiskOptions(path) { ReadOnly = true }))
        {
            QemuImg.Run("info", "-f", "raw", path);
            Assert.Contains("lock", QemuImg.Try("resize", "-f", "raw", path, "1M").Text);
        }
        QemuImg.Run("resize", "-f", "raw", path, "4M");
    }

    [Fact]
    public void A_read_only_disk_refuses_writes_and_leaves_its_file_alone()
    {
        var path = Create("disk.img", ImageFormat.Qcow2);
        var before = File.ReadAllBytes(path);
        using (var disk = DiskImages.Open(new DiskOptions(path) { ReadOnly = true }))
        {
            Assert.True(disk.IsReadOnly);
            Assert.ThrowsAny<IOException>(() => disk.Write(0, [1]));
            Assert.ThrowsAny<IOException>(() => disk.Discard(0, 65536));
            disk.Flush();
        }
        Assert.Equal(before, File.ReadAllBytes(path));
    }

    private string Create(string name, ImageFormat format)
    {
        var path = Path.Combine(_directory.FullName, name);
        File.WriteAllBytes(path, format == ImageFormat.Raw ? new byte[Sectors * 512] : Qcow2Files.Empty(Sectors * 512));
        return path;
    }
}
