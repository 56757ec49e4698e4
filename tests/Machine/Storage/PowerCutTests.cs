using Tcg.Mttcg.Machine.Storage.Formats;

namespace Tcg.Mttcg.Machine.Tests.Storage;

public class PowerCutTests
{
    private const int Sectors = 2048;

    // Small clusters make all tables grow often; 64-bit refcounts make the refcount table outgrow its cluster.
    [Theory]
    [InlineData(9, 6, 3)]
    [InlineData(9, 4, 2)]
    [InlineData(10, 0, 3)]
    [InlineData(12, 4, 3)]
    [InlineData(16, 4, 3)]
    public void A_qcow2_image_survives_power_cuts_with_all_that_was_flushed(int clusterBits, int refcountOrder, int version)
    {
        for (var seed = 0; seed < 12; seed++) Run(seed, Qcow2Files.Empty(Sectors * 512, clusterBits, refcountOrder, version), hasBacking: seed % 3 == 0);
    }

    [Fact]
    public void A_power_cut_at_any_single_step_of_a_flush_does_no_harm()
    {
        // Free clusters are full of what once was a table.
        byte[] empty = [.. Qcow2Files.Empty(Sectors * 512, 9), .. Enumerable.Repeat<byte[]>([0x80, 0, 0, 0, 0, 0, 6, 0], 1 << 14).SelectMany(entry => entry)];
        for (var remaining = 0; remaining < 60; remaining++)
        {
            for (var seed = 0; seed < 20; seed++)
            {
                var random = new Random(seed);
                var model = new DiskModel(Sectors, new Random(seed));
                var file = new PowerCutFile(empty) { Remaining = remaining };
                try
                {
                    var image = Qcow2Files.Open(file);
                    for (var step = 0; step < 6; step++) model.Step(image);
                    model.Flush(image);
                }
                catch (PowerCutException)
                {
                }
                file = new PowerCutFile(file.AfterPowerCut(random));
                Qcow2Files.AssertConsistent(file);
                model.Recover(Qcow2Files.Open(file));
            }
        }
    }

    [Fact]
    public void The_test_notices_a_flush_that_does_nothing()
    {
        var failures = 0;
        for (var seed = 0; seed < 10; seed++)
        {
            try
            {
                Run(seed, Qcow2Files.Empty(Sectors * 512, 9), hasBacking: false, lies: true);
            }
            catch (Exception)
            {
                failures++;
            }
        }
        Assert.True(failures > 5, $"only {failures} of 10 runs failed");
    }

    [QemuImgFact]
    public void Qemu_finds_an_image_consistent_after_a_power_cut()
    {
        var path = Path.GetTempFileName();
        try
        {
            for (var seed = 100; seed < 108; seed++)
            {
                File.WriteAllBytes(path, Run(seed, Qcow2Files.Empty(Sectors * 512, 12), hasBacking: false));
                QemuImg.Check(path, mayLeak: true);
            }
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static byte[] Run(int seed, byte[] disk, bool hasBacking, bool lies = false)
    {
        var random = new Random(seed);
        var model = new DiskModel(Sectors, random);
        // Shorter than the disk; all zeros, as the model expects, but a file below all the same.
        using var backing = hasBacking ? new RawImage(new PowerCutFile(new byte[Sectors * 256]), isGuess: false) : null;
        for (var life = 0; life < 12; life++)
        {
            var file = new PowerCutFile(disk) { Lies = lies };
            var image = Qcow2Files.Open(file, backing);
            model.Recover(image);
            file.Remaining = random.Next(1200);
            try
            {
                for (var step = 0; step < 300; step++) model.Step(image);
            }
            catch (PowerCutException)
            {
            }
            disk = file.AfterPowerCut(random);
            Qcow2Files.AssertConsistent(new PowerCutFile(disk));
        }
        return disk;
    }
}
