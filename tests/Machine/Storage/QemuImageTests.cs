using Tcg.Mttcg.Machine.Storage;
using Tcg.Mttcg.Machine.Storage.Formats;

namespace Tcg.Mttcg.Machine.Tests.Storage;

/// <summary>Images that qemu-img made, and its judgement of what we made of them.</summary>
public sealed class QemuImageTests : IDisposable
{
    private const int Sectors = 8192;
    private const string Size = "4M";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mttcg-qemu-");

    public void Dispose() => _directory.Delete(recursive: true);

    private string this[string name] => Path.Combine(_directory.FullName, name);

    [QemuImgTheory]
    [InlineData("compat=0.10")]
    [InlineData("compat=1.1")]
    [InlineData("compat=1.1,cluster_size=512")]
    [InlineData("compat=1.1,cluster_size=2M")]
    [InlineData("compat=1.1,refcount_bits=1")]
    [InlineData("compat=1.1,refcount_bits=64")]
    [InlineData("compat=1.1,lazy_refcounts=on")]
    [InlineData("compat=1.1,preallocation=metadata")]
    public void Random_requests_leave_an_image_that_qemu_finds_right(string options)
    {
        QemuImg.Run("create", "-q", "-f", "qcow2", "-o", options, this["disk.qcow2"], Size);
        Exercise(this["disk.qcow2"], new DiskModel(Sectors, new Random(3)));
    }

    [QemuImgTheory]
    [InlineData("qcow2")]
    [InlineData("raw")]
    public void A_chain_of_backing_files_shows_through_and_stays_as_it_was(string format)
    {
        QemuImg.Run("create", "-q", "-f", format, this["base"], "2M");
        var model = new DiskModel(Sectors, new Random(4));
        QemuImg.Run("create", "-q", "-f", "qcow2", "-b", "base", "-F", format, this["middle.qcow2"], Size);
        QemuImg.Run("create", "-q", "-f", "qcow2", "-b", this["middle.qcow2"], "-F", "qcow2", this["top.qcow2"], Size);
        Exercise(this["middle.qcow2"], model);
        var below = File.ReadAllBytes(this["middle.qcow2"]);
        Exercise(this["top.qcow2"], model);
        Assert.Equal(below, File.ReadAllBytes(this["middle.qcow2"]));
    }

    [QemuImgFact]
    public void Compressed_clusters_are_read_and_replaced()
    {
        var model = new DiskModel(Sectors, new Random(5));
        QemuImg.Run("create", "-q", "-f", "qcow2", this["plain.qcow2"], Size);
        Exercise(this["plain.qcow2"], model);
        QemuImg.Run("convert", "-c", "-O", "qcow2", this["plain.qcow2"], this["packed.qcow2"]);
        using (var disk = DiskImages.Open(new DiskOptions(this["packed.qcow2"]) { ReadOnly = true })) model.AssertAll(disk);
        Exercise(this["packed.qcow2"], model);
    }

    [QemuImgFact]
    public void What_an_internal_snapshot_shares_is_copied_before_it_is_written()
    {
        var model = new DiskModel(Sectors, new Random(6));
        QemuImg.Run("create", "-q", "-f", "qcow2", this["disk.qcow2"], Size);
        Exercise(this["disk.qcow2"], model);
        var before = model.Bytes();
        QemuImg.Run("snapshot", "-c", "before", this["disk.qcow2"]);
        Exercise(this["disk.qcow2"], model);
        QemuImg.Run("snapshot", "-a", "before", this["disk.qcow2"]);
        using var disk = DiskImages.Open(new DiskOptions(this["disk.qcow2"]));
        var bytes = new byte[before.Length];
        disk.Read(0, bytes);
        Assert.Equal(before, bytes);
    }

    [QemuImgFact]
    public void An_image_that_was_not_closed_gets_its_refcounts_back()
    {
        var model = new DiskModel(Sectors, new Random(7));
        QemuImg.Run("create", "-q", "-f", "qcow2", "-o", "lazy_refcounts=on", this["disk.qcow2"], Size);
        Exercise(this["disk.qcow2"], model);
        QemuImg.Run("snapshot", "-c", "one", this["disk.qcow2"]);
        // As after a crash under lazy refcounts: dirty, and the counts of what was used last are not there.
        var image = File.ReadAllBytes(this["disk.qcow2"]);
        image[Qcow2Files.IncompatibleAt + 7] |= 1;
        image.AsSpan(2 * 65536 + 100, 1000).Clear();
        File.WriteAllBytes(this["disk.qcow2"], image);
        Assert.NotEqual(0, QemuImg.Try("check", "-f", "qcow2", this["disk.qcow2"]).Code);
        Exercise(this["disk.qcow2"], model);
    }

    // Three lives of random requests; then qemu-img must find the structures right and the same contents.
    private void Exercise(string path, DiskModel model)
    {
        for (var life = 0; life < 3; life++)
        {
            using var disk = DiskImages.Open(new DiskOptions(path) { Format = ImageFormat.Qcow2 });
            Assert.Equal(Sectors * 512L, disk.Length);
            model.AssertAll(disk);
            for (var step = 0; step < 150; step++) model.Step(disk);
            model.AssertAll(disk);
        }
        QemuImg.Check(path);
        File.WriteAllBytes(this["expected.raw"], model.Bytes());
        QemuImg.Run("compare", "-f", "qcow2", "-F", "raw", path, this["expected.raw"]);
    }
}
