using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.BareMetal;

/// <summary>
/// From the multiboot entry, and from the real-mode trampoline of the other CPUs, to 64-bit code with paging. Every CPU ends at
/// <see cref="MemoryMap.Image64"/> with interrupts off.
/// </summary>
internal static class Startup32
{
    private const uint MultibootMagic = 0x1badb002, MultibootFlags = 1 << 16 | 1 << 1;
    private const int Code32 = 0x08, Data32 = 0x10, Code64 = 0x18;
    private const uint Cr4PaeFxsrXmm = 1 << 5 | 1 << 9 | 1 << 10;
    private const uint Cr0PagingProtection = 0x80000000 | 1 << 16 | 1 << 5 | 1 << 1 | 1;
    private const uint Efer = 0xc0000080, EferLongMode = 1 << 8;

    private static readonly ulong[] Gdt = [0, 0x00cf9a000000ffff, 0x00cf92000000ffff, 0x00af9a000000ffff];

    // Places inside the first page of the image, behind the code.
    private const int HeaderBytes = 32;
    private const uint GdtAt = MemoryMap.Image + 0xe00, GdtPointerAt = MemoryMap.Image + 0xe20, TrampolineAt = MemoryMap.Image + 0xf00;
    private const int TrampolineBytes = 64;

    /// <param name="imageBytes">Length of the whole image, for the header.</param>
    public static byte[] Assemble(int imageBytes)
    {
        var c = new Assembler(32);
        Label toLong = c.CreateLabel();
        Header(c, imageBytes);
        c.cli();
        c.lgdt(__[GdtPointerAt]);

        // Page tables, trampoline and counters are made once, by the bootstrap CPU.
        Clear(c, MemoryMap.PageTables, 6 * 1024);
        c.mov(__dword_ptr[MemoryMap.Started], eax);
        c.mov(__dword_ptr[MemoryMap.CpuCount], eax);
        c.mov(__dword_ptr[MemoryMap.PageTables], MemoryMap.PageTables + 0x1000 + 3);
        for (uint i = 0; i < 4; i++) c.mov(__dword_ptr[MemoryMap.PageTables + 0x1000 + i * 8], MemoryMap.PageTables + 0x2000 + i * 0x1000 + 3);
        MapLargePages(c);
        CopyTrampoline(c);

        c.Label(ref toLong);
        c.mov(eax, Data32);
        c.mov(ds, ax);
        c.mov(es, ax);
        c.mov(ss, ax);
        c.mov(eax, Cr4PaeFxsrXmm);
        c.mov(cr4, eax);
        c.mov(eax, MemoryMap.PageTables);
        c.mov(cr3, eax);
        c.mov(ecx, Efer);
        c.rdmsr();
        c.or(eax, EferLongMode);
        c.wrmsr();
        c.mov(eax, Cr0PagingProtection);
        c.mov(cr0, eax);
        c.db(0xea);
        c.dd(MemoryMap.Image64);
        c.dw(Code64);

        using var stream = new MemoryStream();
        var result = c.Assemble(new StreamCodeWriter(stream), MemoryMap.Image, BlockEncoderOptions.ReturnNewInstructionOffsets);
        if (stream.Length > GdtAt - MemoryMap.Image) throw new InvalidOperationException("start-up code reaches into its data");
        var page = new byte[MemoryMap.Image64 - MemoryMap.Image];
        stream.ToArray().CopyTo(page, 0);
        PutData(page, (uint)result.GetLabelRIP(toLong));
        return page;
    }

    private static void Header(Assembler c, int imageBytes)
    {
        var end = (uint)(MemoryMap.Image + imageBytes);
        foreach (var word in (uint[])
            [
                MultibootMagic, MultibootFlags, unchecked(0 - (MultibootMagic + MultibootFlags)),
                MemoryMap.Image, MemoryMap.Image, end, end, MemoryMap.Image + HeaderBytes,
            ]) c.dd(word);
    }

    private static void Clear(Assembler c, uint address, int words)
    {
        Label next = c.CreateLabel();
        c.xor(eax, eax);
        c.mov(edi, address);
        c.mov(ecx, words);
        c.Label(ref next);
        c.mov(__dword_ptr[edi], eax);
        c.add(edi, 4);
        c.dec(ecx);
        c.jne(next);
    }

    private static void MapLargePages(Assembler c)
    {
        Label next = c.CreateLabel();
        c.mov(edi, MemoryMap.PageTables + 0x2000);
        c.mov(eax, 0x83);
        c.mov(ecx, 4 * 512);
        c.Label(ref next);
        c.mov(__dword_ptr[edi], eax);
        c.add(eax, 0x200000);
        c.add(edi, 8);
        c.dec(ecx);
        c.jne(next);
    }

    private static void CopyTrampoline(Assembler c)
    {
        Label next = c.CreateLabel();
        c.mov(esi, TrampolineAt);
        c.mov(edi, MemoryMap.Trampoline);
        c.mov(ecx, TrampolineBytes / 4);
        c.Label(ref next);
        c.mov(eax, __dword_ptr[esi]);
        c.mov(__dword_ptr[edi], eax);
        c.add(esi, 4);
        c.add(edi, 4);
        c.dec(ecx);
        c.jne(next);
    }

    private static void PutData(byte[] page, uint toLong)
    {
        Span<byte> At(uint address) => page.AsSpan((int)(address - MemoryMap.Image));
        for (var i = 0; i < Gdt.Length; i++) BitConverter.TryWriteBytes(At(GdtAt + (uint)i * 8), Gdt[i]);
        PutGdtPointer(At(GdtPointerAt));

        // Real mode, CS = trampoline >> 4: cli; o32 lgdt cs:[0x20]; PE on; o32 jmp Code32:toLong.
        byte[] real =
        [
            0xfa, 0x66, 0x2e, 0x0f, 0x01, 0x16, 0x20, 0x00, 0x0f, 0x20, 0xc0, 0x0c, 0x01, 0x0f, 0x22, 0xc0,
            0x66, 0xea, .. BitConverter.GetBytes(toLong), Code32, 0x00,
        ];
        real.CopyTo(At(TrampolineAt));
        PutGdtPointer(At(TrampolineAt + 0x20));
    }

    private static void PutGdtPointer(Span<byte> place)
    {
        BitConverter.TryWriteBytes(place, (ushort)(Gdt.Length * 8 - 1));
        BitConverter.TryWriteBytes(place[2..], GdtAt);
    }
}
