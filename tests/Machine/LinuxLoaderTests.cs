using Tcg.Mttcg.Machine.Boot;
using Tcg.Mttcg.Machine.Tests.Support;

namespace Tcg.Mttcg.Machine.Tests;

public sealed class LinuxLoaderTests
{
    private readonly FakeMemory _memory = new(32 << 20);

    private BootState Load(byte[] image, string commandLine = "", byte[]? initrd = null, BootFormat format = BootFormat.Auto) =>
        BootLoader.Load(new BootRequest(Images.Source(image, "bzImage"))
        {
            CommandLine = commandLine, Format = format, RsdpAddress = 0xe0000, HasVgaText = true,
            Modules = initrd is null ? [] : [new BootModule(Images.Source(initrd, "initrd.img"))],
        }, _memory);

    [Fact]
    public void The_32_bit_entry_starts_at_the_load_address_with_the_boot_parameters_in_RSI()
    {
        var state = Load(Images.Linux());
        Assert.Equal(BootMode.Protected32, state.Mode);
        Assert.Equal(0x100000ul, state.Rip);
        Assert.Equal(0x10, state.Cs.Selector);
        Assert.Equal(0x18, state.Data.Selector);
        Assert.Equal(0xc09b, state.Cs.Attributes);
        Assert.Equal(0x11ul, state.Cr0);
        Assert.Equal(0x53726448u, _memory.Read32(state.Rsi + 0x202));
        Assert.Equal(1, _memory.Span(0x100000, 1)[0]);
        Assert.Equal(0x00cf9b000000fffful, _memory.Read64(state.GdtBase + state.Cs.Selector));
    }

    [Fact]
    public void The_64_bit_entry_lies_0x200_further_and_has_identity_page_tables()
    {
        var state = Load(Images.Linux(), format: BootFormat.Linux64);
        Assert.Equal(BootMode.Long64, state.Mode);
        Assert.Equal(0x100200ul, state.Rip);
        Assert.Equal(0x500ul, state.Efer);
        ulong pdpt = _memory.Read64(state.Cr3) & ~0xffful, directory = _memory.Read64(pdpt + 3 * 8) & ~0xffful;
        Assert.Equal(0xffe00083ul, _memory.Read64(directory + 511 * 8));
    }

    [Fact]
    public void The_boot_parameters_hold_command_line_screen_and_memory_map()
    {
        ulong parameters = Load(Images.Linux(), "console=ttyS0,115200").Rsi;
        Assert.Equal("console=ttyS0,115200", _memory.ReadString(_memory.Read32(parameters + 0x228)));
        Assert.Equal(0xff, _memory.Span(parameters + 0x210, 1)[0]);
        Assert.Equal(80, _memory.Span(parameters + 0x07, 1)[0]);
        Assert.Equal(0xe0000ul, _memory.Read64(parameters + 0x70));
        Assert.Equal(31u << 10, _memory.Read32(parameters + 0x1e0));
        int count = _memory.Span(parameters + 0x1e8, 1)[0];
        var usable = Enumerable.Range(0, count).Select(i => parameters + 0x2d0 + (ulong)i * 20).Where(e => _memory.Read32(e + 16) == 1)
            .Select(e => (_memory.Read64(e), _memory.Read64(e + 8)));
        Assert.Equal([(0ul, 0x9fc00ul), (0x100000ul, 31ul << 20)], usable);
    }

    [Fact]
    public void The_initrd_lies_at_the_top_of_memory_below_the_kernels_limit()
    {
        var initrd = Enumerable.Range(0, 5000).Select(i => (byte)i).ToArray();
        ulong parameters = Load(Images.Linux(initrdMaximum: 0xffffff), initrd: initrd).Rsi;
        uint address = _memory.Read32(parameters + 0x218);
        Assert.Equal(0xffe000u, address);
        Assert.Equal(5000u, _memory.Read32(parameters + 0x21c));
        Assert.Equal(initrd, _memory.Span(address, 5000).ToArray());
    }

    [Theory]
    [InlineData(false, 0x100000ul, 0x100000ul)]
    [InlineData(true, 0x1000000ul, 0x1000000ul)]
    [InlineData(true, 0x10000000ul, 0x200000ul)]
    public void A_kernel_goes_to_its_preferred_address_or_where_it_can_be_moved(bool relocatable, ulong preferred, ulong expected)
    {
        Assert.Equal(expected, Load(Images.Linux(relocatable: relocatable, preferred: preferred)).Rip);
    }

    [Fact]
    public void Memtest86_loads_by_its_own_header()
    {
        // The header of Debian's memtest86+ 6.10 x64 image: protocol 2.12, two setup sectors, not relocatable, 64-bit entry, a size in
        // paragraphs that rounds the file up.
        var image = Images.Linux(payload: 142776, preferred: 0x100000, initBytes: 0x6acf8, paragraphs: 0x22dc, initrdMaximum: uint.MaxValue);
        Assert.Equal(0x100000ul, Load(image, "console=ttyS0,115200").Rip);
        Assert.Equal(0x100200ul, Load(image, format: BootFormat.Linux64).Rip);
        Assert.Equal(image[^1], _memory.Span(0x100000 + 142775, 1)[0]);
    }

    public static TheoryData<string, byte[], string> BadKernels => new()
    {
        { "is truncated: it has no protected-mode code", Images.Linux(payload: 0), "" },
        { "is truncated: the header promises 4096 bytes of code, 1000 are there", Images.Linux()[..(1536 + 1000)], "" },
        { "is truncated within the Linux setup header", Images.Linux()[..0x250], "" },
        { "speaks boot protocol 2.01", Images.Linux(version: 0x201), "" },
        { "is a zImage", Images.Linux(loadFlags: 0), "" },
        { "takes a command line of at most 255 bytes, not 256", Images.Linux(), new string('x', 256) },
        { "needs 1048576 KiB of RAM at 0x100000; the machine has 32768 KiB", Images.Linux(initBytes: 1 << 30), "" },
        { "wants to be loaded at 0x1000, which is no place for a kernel", Images.Linux(preferred: 0x1000), "" },
        { "wants to be loaded at 0xffffffffffffffff", Images.Linux(preferred: ulong.MaxValue), "" },
    };

    [Theory]
    [MemberData(nameof(BadKernels))]
    public void A_bad_kernel_is_refused_with_one_line(string reason, byte[] image, string commandLine)
    {
        var error = Assert.Throws<BootImageException>(() => Load(image, commandLine));
        Assert.StartsWith("bzImage: " + reason, error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void An_initrd_that_does_not_fit_is_refused()
    {
        var error = Assert.Throws<BootImageException>(() => Load(Images.Linux(), initrd: new byte[31 << 20]));
        Assert.StartsWith("initrd.img: 31744 KiB do not fit between the kernel's end at 0x110000", error.Message);
    }

    [Fact]
    public void A_kernel_without_a_64_bit_entry_says_so()
    {
        Assert.Contains("no 64-bit entry", Assert.Throws<BootImageException>(() => Load(Images.Linux(has64: false), format: BootFormat.Linux64)).Message);
    }
}
