using Tcg.Mttcg.Machine.Boot;
using Tcg.Mttcg.Machine.Tests.Support;

namespace Tcg.Mttcg.Machine.Tests;

public sealed class ElfLoaderTests
{
    private static readonly byte[] s_code = [0xf4, 1, 2, 3];

    private readonly FakeMemory _memory = new(16 << 20);

    private BootState Load(byte[] image, params BootModule[] modules) =>
        BootLoader.Load(new BootRequest(Images.Source(image, "a.elf")) { CommandLine = "hello", Modules = modules, RsdpAddress = 0xe1230 }, _memory);

    [Theory]
    [InlineData(false, BootMode.Protected32)]
    [InlineData(true, BootMode.Long64)]
    public void A_plain_executable_starts_in_the_mode_of_its_class(bool is64, BootMode mode)
    {
        var state = Load(Images.Elf(is64, s_code, memoryBytes: 100));
        Assert.Equal((mode, 0x100000ul), (state.Mode, state.Rip));
        Assert.Equal(s_code, _memory.Span(0x100000, 4).ToArray());
        Assert.Equal(0x53726448u, _memory.Read32(state.Rsi + 0x202));
    }

    [Fact]
    public void The_pvh_note_wins_and_the_start_information_is_in_EBX()
    {
        var state = Load(Images.Elf(is64: true, s_code, pvh: 0x100002), new BootModule(Images.Source([9, 9], "initrd")));
        Assert.Equal((BootMode.Protected32, 0x100002ul), (state.Mode, state.Rip));
        Assert.Equal(0x336ec578u, _memory.Read32(state.Rbx));
        Assert.Equal(1u, _memory.Read32(state.Rbx + 4));
        Assert.Equal(1u, _memory.Read32(state.Rbx + 12));
        ulong modules = _memory.Read64(state.Rbx + 16);
        Assert.Equal((0x101000ul, 2ul), (_memory.Read64(modules), _memory.Read64(modules + 8)));
        Assert.Equal("hello", _memory.ReadString(_memory.Read64(state.Rbx + 24)));
        Assert.Equal(0xe1230ul, _memory.Read64(state.Rbx + 32));
        ulong map = _memory.Read64(state.Rbx + 40);
        Assert.Equal((0ul, 0x9fc00ul, 1u), (_memory.Read64(map), _memory.Read64(map + 8), _memory.Read32(map + 16)));
    }

    [Fact]
    public void A_high_virtual_entry_becomes_its_physical_address()
    {
        Assert.Equal(0x100001ul, Load(Images.Elf(is64: true, s_code, virtualAddress: 0xffffffff80000000, entry: 0xffffffff80000001)).Rip);
    }

    public static TheoryData<string, byte[]> BadImages
    {
        get
        {
            var foreign = Images.Elf(true, s_code);
            foreign[5] = 2;
            var table = Images.Elf(true, s_code);
            Images.Put(table, 32, 0x7fffffff);
            var many = Images.Elf(true, s_code);
            Images.Put16(many, 56, 0xffff);
            var none = Images.Elf(true, s_code);
            Images.Put16(none, 56, 0);
            var wide = Images.Elf(true, s_code);
            Images.Put16(wide, 54, 0xffff);
            var note = Images.Elf(true, s_code);
            Images.Put(note, 64, 4);
            return new()
            {
                { "is truncated within the ELF header", Images.Elf(true, s_code)[..40] },
                { "is truncated: an ELF segment lies outside", Images.Elf(true, s_code)[..0x201] },
                { "is an ELF file of a foreign class or byte order", foreign },
                { "is an ELF file for machine 183, not for x86", Images.Elf(true, s_code, machine: 183) },
                { "is truncated: the ELF program headers lie outside", table },
                { "is truncated", many },
                { "is an ELF file without program headers", none },
                { "has ELF program headers of 65535 bytes", wide },
                { "is an ELF file with nothing to load", note },
                { "has an ELF segment that is larger in the file than in memory", Images.Elf(true, s_code, memoryBytes: 1) },
                { "has a segment of 4 bytes at 0xffffffffffffffff, outside of RAM", Images.Elf(true, s_code, physical: ulong.MaxValue) },
                { "has a segment of 18446744073709551615 bytes at 0x100000, outside of RAM", Images.Elf(true, s_code, memoryBytes: ulong.MaxValue) },
                { "has a segment between 0x8000 and 0x21001, where its own boot tables go", Images.Elf(true, s_code, physical: 0x9000) },
            };
        }
    }

    [Theory]
    [MemberData(nameof(BadImages))]
    public void A_bad_executable_is_refused_with_one_line(string reason, byte[] image)
    {
        Assert.Equal("a.elf: " + reason, Assert.Throws<BootImageException>(() => Load(image)).Message);
    }
}
