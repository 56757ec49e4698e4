using System.Buffers.Binary;
using Iced.Intel;
using Tcg.Mttcg.Guests.Workloads;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Bench;

/// <summary><see cref="BesideCode"/> as a static ELF for x86-64 Linux: one segment that may be read, written and executed, no sections. Exit code 0: the sum is right.</summary>
internal static class LinuxExecutable
{
    private const int Page = 0x1000, HeaderBytes = 64, SegmentBytes = 56;
    private const uint Start = BesideCode.Function + Page;
    private const int SysExit = 60;

    public static string WriteTo(string directory, long rounds, int changeEvery)
    {
        var file = new byte[4 * Page];
        Header(file);
        // The file's first page holds the headers, the segment is the rest.
        void Put(uint address, byte[] bytes) => bytes.CopyTo(file, (int)(address - BesideCode.Loop) + Page);
        Put(BesideCode.Loop, BesideCode.LoopCode(changeEvery));
        Put(BesideCode.Function, BesideCode.FunctionCode);
        Put(Start, StartCode(rounds, changeEvery));
        var path = Path.Combine(directory, $"beside-{rounds}-{changeEvery}");
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        using var stream = new FileStream(path, options);
        stream.Write(file);
        return path;
    }

    private static byte[] StartCode(long rounds, int changeEvery)
    {
        var c = new Assembler(64);
        BesideCode.Call(c, rounds, changeEvery);
        c.xor(edi, edi);
        c.test(r13, r13);
        c.setne(dil);
        c.mov(eax, SysExit);
        c.syscall();
        using var stream = new MemoryStream();
        c.Assemble(new StreamCodeWriter(stream), Start);
        return stream.ToArray();
    }

    // System V ABI, chapters 4 and 5.
    private static void Header(Span<byte> file)
    {
        ((ReadOnlySpan<byte>)[0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]).CopyTo(file);
        (int At, int Bytes, ulong Value)[] fields =
        [
            (16, 2, 2),                       // e_type: ET_EXEC
            (18, 2, 62),                      // e_machine: EM_X86_64
            (20, 4, 1),                       // e_version
            (24, 8, Start),                   // e_entry
            (32, 8, HeaderBytes),             // e_phoff
            (52, 2, HeaderBytes),             // e_ehsize
            (54, 2, SegmentBytes),            // e_phentsize
            (56, 2, 1),                       // e_phnum
            (HeaderBytes, 4, 1),              // p_type: PT_LOAD
            (HeaderBytes + 4, 4, 7),          // p_flags: readable, writable, executable
            (HeaderBytes + 8, 8, Page),       // p_offset
            (HeaderBytes + 16, 8, BesideCode.Loop), // p_vaddr
            (HeaderBytes + 24, 8, BesideCode.Loop), // p_paddr
            (HeaderBytes + 32, 8, 3 * Page),  // p_filesz
            (HeaderBytes + 40, 8, 3 * Page),  // p_memsz
            (HeaderBytes + 48, 8, Page),      // p_align
        ];
        Span<byte> value = stackalloc byte[8];
        foreach (var field in fields)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(value, field.Value);
            value[..field.Bytes].CopyTo(file[field.At..]);
        }
    }
}
