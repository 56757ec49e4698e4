using Tcg.Mttcg.Machine.Boot;
using Tcg.Mttcg.Machine.Tests.Support;

namespace Tcg.Mttcg.Machine.Tests;

public sealed class MultibootLoaderTests
{
    private readonly FakeMemory _memory = new(16 << 20);

    private BootState Load(byte[] image, string commandLine = "", params BootModule[] modules) =>
        BootLoader.Load(new BootRequest(Images.Source(image, "kernel.elf")) { CommandLine = commandLine, Modules = modules }, _memory);

    [Fact]
    public void Entry_is_flat_32_bit_with_the_magic_in_EAX_and_the_information_in_EBX()
    {
        var state = Load(Images.MultibootPlain());
        Assert.Equal((BootMode.Protected32, 0x100040ul, 0x2badb002ul), (state.Mode, state.Rip, state.Rax));
        Assert.Equal(0x245u | 8, _memory.Read32(state.Rbx));
        Assert.Equal(639u, _memory.Read32(state.Rbx + 4));
        Assert.Equal(15u << 10, _memory.Read32(state.Rbx + 8));
        Assert.Equal("mttcg", _memory.ReadString(_memory.Read32(state.Rbx + 64)));
        Assert.Equal(0x90909090u, _memory.Read32(0x100040));
    }

    [Fact]
    public void The_command_line_starts_with_the_images_name()
    {
        var state = Load(Images.MultibootPlain(), "-v 1");
        Assert.Equal("kernel.elf -v 1", _memory.ReadString(_memory.Read32(state.Rbx + 16)));
    }

    [Fact]
    public void Modules_follow_the_kernel_on_page_boundaries()
    {
        var state = Load(Images.MultibootPlain(), "", new BootModule(Images.Source([1, 2, 3], "one"), "arg"), new BootModule(Images.Source([4], "two")));
        Assert.Equal(2u, _memory.Read32(state.Rbx + 20));
        ulong list = _memory.Read32(state.Rbx + 24);
        Assert.Equal((0x101000u, 0x101003u), (_memory.Read32(list), _memory.Read32(list + 4)));
        Assert.Equal("one arg", _memory.ReadString(_memory.Read32(list + 8)));
        Assert.Equal((0x102000u, 0x102001u), (_memory.Read32(list + 16), _memory.Read32(list + 20)));
        Assert.Equal(4, _memory.Span(0x102000, 1)[0]);
    }

    [Fact]
    public void The_memory_map_is_a_chain_of_sized_entries()
    {
        var state = Load(Images.MultibootPlain());
        uint length = _memory.Read32(state.Rbx + 44), address = _memory.Read32(state.Rbx + 48);
        var usable = new List<(ulong, ulong)>();
        for (uint at = 0; at < length; at += _memory.Read32(address + at) + 4)
        {
            if (_memory.Read32(address + at + 20) == 1) usable.Add((_memory.Read64(address + at + 4), _memory.Read64(address + at + 12)));
        }
        Assert.Equal([(0ul, 0x9fc00ul), (0x100000ul, 15ul << 20)], usable);
    }

    [Fact]
    public void Bss_is_cleared_and_load_end_limits_what_is_copied()
    {
        _memory.Span(0x100000, 0x3000).Fill(0xee);
        Load(Images.MultibootPlain(loadEnd: 0x100100, bssEnd: 0x102000));
        Assert.Equal(0x90, _memory.Span(0x1000ff, 1)[0]);
        Assert.All(_memory.Span(0x100100, 0x1f00).ToArray(), b => Assert.Equal(0, b));
        Assert.Equal(0xee, _memory.Span(0x102000, 1)[0]);
    }

    [Fact]
    public void An_elf_kernel_without_load_addresses_is_loaded_by_its_segments()
    {
        var code = new byte[64];
        Images.Put(code, 0, 0x1badb002);
        Images.Put(code, 8, unchecked(0u - 0x1badb002));
        code[12] = 0xf4;
        var state = Load(Images.Elf(is64: false, code, physical: 0x200000, virtualAddress: 0xc0200000, entry: 0xc020000c));
        Assert.Equal(0x20000cul, state.Rip);
        Assert.Equal(0xf4, _memory.Span(0x20000c, 1)[0]);
    }

    [Fact]
    public void Information_moves_out_of_the_way_of_a_kernel_in_low_memory()
    {
        var state = Load(Images.MultibootPlain(load: 0x10000, entry: 0x10040, length: 0x8000));
        Assert.Equal(0x18000ul, state.Rbx);
        Assert.Equal(0x90909090u, _memory.Read32(0x10040));
    }

    public static TheoryData<string, byte[]> BadKernels => new()
    {
        { "demands unknown multiboot features 0x8", Images.MultibootPlain(flags: 0x10008) },
        { "has a multiboot header whose addresses contradict its place in the file", Images.MultibootPlain(load: 0xfffffff8) },
        { "has a multiboot header that ends before it starts", Images.MultibootPlain(loadEnd: 0x1000) },
        { "is truncated: the multiboot header promises 65536 bytes, 4096 are there", Images.MultibootPlain(loadEnd: 0x110000) },
        { "has a segment of 4096 bytes at 0xf0000000, outside of RAM", Images.MultibootPlain(load: 0xf0000000) },
        { "has a segment of 267386880 bytes at 0x100000, outside of RAM", Images.MultibootPlain(bssEnd: 0x10000000) },
        { "is no ELF file", Images.MultibootPlain(flags: 3) },
    };

    [Theory]
    [MemberData(nameof(BadKernels))]
    public void A_bad_kernel_is_refused_with_one_line(string reason, byte[] image)
    {
        Assert.Equal("kernel.elf: " + reason, Assert.Throws<BootImageException>(() => Load(image)).Message);
    }

    [Fact]
    public void A_module_larger_than_memory_is_refused()
    {
        var error = Assert.Throws<BootImageException>(() => Load(Images.MultibootPlain(), "", new BootModule(Images.Source(new byte[16 << 20], "big"))));
        Assert.Equal("big: 16384 KiB do not fit into RAM at 0x101000", error.Message);
    }
}
