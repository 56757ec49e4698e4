using System.Diagnostics;
using Tcg.Mttcg.Machine.Boot;
using Tcg.Mttcg.Machine.Tests.Support;

namespace Tcg.Mttcg.Machine.Tests;

public sealed class BootSourceTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mttcg-boot-").FullName;
    private readonly FakeMemory _memory = new(16 << 20);

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string File(string name, byte[] bytes)
    {
        string path = Path.Combine(_directory, name);
        System.IO.File.WriteAllBytes(path, bytes);
        return path;
    }

    private string Sparse(string name, byte[] head, long length)
    {
        string path = File(name, head);
        using var stream = System.IO.File.OpenWrite(path);
        stream.SetLength(length);
        return path;
    }

    private string Error(string kernel, BootFormat format = BootFormat.Auto, string? initrd = null)
    {
        var time = Stopwatch.StartNew();
        var error = Assert.Throws<BootImageException>(() =>
        {
            using var source = BootSource.Open(kernel, "kernel");
            using var module = initrd is null ? null : BootSource.Open(initrd, "initrd");
            BootLoader.Load(new BootRequest(source) { Format = format, Modules = module is null ? [] : [new BootModule(module)] }, _memory);
        });
        Assert.InRange(time.ElapsedMilliseconds, 0, 1000);
        Assert.DoesNotContain('\n', error.Message);
        return error.Message.Replace(_directory + "/", "");
    }

    [Fact]
    public void What_is_no_regular_file_is_refused()
    {
        Assert.Equal("kernel none does not exist", Error(Path.Combine(_directory, "none")).Replace(":", ""));
        Assert.EndsWith("is a directory", Error(_directory));
        Assert.Equal("kernel empty: is empty", Error(File("empty", [])));
        Assert.EndsWith("is empty", Error("/dev/null"));
        Assert.EndsWith("is empty", Error("/dev/zero"));
        Assert.EndsWith("does not exist", Error("a\0b"));
    }

    [Fact]
    public void A_fifo_is_refused_without_waiting_for_a_writer()
    {
        string path = Path.Combine(_directory, "fifo");
        using (var process = Process.Start("mkfifo", path)) process.WaitForExit();
        Assert.Equal("kernel fifo: is not a regular file", Error(path));
    }

    [Fact]
    public void Random_bytes_are_no_kernel()
    {
        var bytes = new byte[100_000];
        for (int seed = 0; seed < 20; seed++)
        {
            new Random(seed).NextBytes(bytes);
            Assert.Equal("kernel random: is no Linux, multiboot, PVH or ELF kernel and no boot sector", Error(File("random", bytes)));
        }
    }

    [Fact]
    public void A_sparse_100_GiB_file_is_refused_in_no_time()
    {
        const long Huge = 100L << 30;
        Assert.Contains("is no Linux", Error(Sparse("zeros", [0], Huge)));
        Assert.Contains("do not fit into RAM at 0x7c00", Error(Sparse("flat", [0xf4], Huge), BootFormat.Flat));
        Assert.Contains("needs 104857598 KiB of RAM", Error(Sparse("bzImage", Images.Linux(), Huge)));
        Assert.Contains("outside of RAM", Error(Sparse("multiboot", Images.MultibootPlain(), Huge)));
        Assert.Contains("do not fit between the kernel's end", Error(File("good", Images.Linux()), initrd: Sparse("initrd", [1], Huge)));
    }

    [Fact]
    public void Corrupted_images_never_throw_anything_but_the_one_exception()
    {
        byte[][] images = [Images.Linux(), Images.MultibootPlain(), Images.Elf(true, new byte[64], pvh: 0x100000), Images.Elf(false, new byte[64])];
        var random = new Random(1);
        for (int i = 0; i < 20_000; i++)
        {
            var image = (byte[])images[i % images.Length].Clone();
            int start = i % images.Length == 0 ? 0x1f0 : 0, span = i % images.Length == 0 ? 0xa0 : 0x200;
            for (int j = random.Next(1, 5); j > 0; j--) image[start + random.Next(span)] = (byte)random.Next(256);
            if (random.Next(4) == 0) image = image[..random.Next(image.Length)];
            try
            {
                BootLoader.Load(new BootRequest(BootSource.FromBytes("fuzz", image)), _memory);
            }
            catch (BootImageException)
            {
            }
        }
    }

    [Fact]
    public void A_boot_sector_starts_at_7c00_in_real_mode()
    {
        var sector = new byte[512];
        (sector[0], sector[510], sector[511]) = (0xf4, 0x55, 0xaa);
        var state = BootLoader.Load(new BootRequest(Images.Source(sector)), _memory);
        Assert.Equal((BootMode.Real16, 0x7c00ul, 0x80ul), (state.Mode, state.Rip, state.Rdx));
        Assert.Equal(0x009b, state.Cs.Attributes);
        Assert.Equal(0xf4, _memory.Span(0x7c00, 1)[0]);
    }

    [Theory]
    [InlineData(BootMode.Protected32)]
    [InlineData(BootMode.Long64)]
    public void A_flat_image_starts_anywhere_in_any_mode(BootMode mode)
    {
        var request = new BootRequest(Images.Source([0xf4])) { Format = BootFormat.Flat, FlatAddress = 0x400000, FlatMode = mode };
        var state = BootLoader.Load(request, _memory);
        Assert.Equal((mode, 0x400000ul), (state.Mode, state.Rip));
    }
}
