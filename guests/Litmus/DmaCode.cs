using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Litmus;

/// <summary>
/// A disk reads code over code that is translated and chained. Each round CPU 0 has a sector read to where all CPUs run code of an older one; all see the used index
/// grow, or hear of CPU 0's interrupt, execute CPUID and call the code: anything but the sector's own number is old. Meanwhile the others rewrite and call code of their own in even
/// rounds, which keeps the owner of translations busy; in odd rounds they store opcodes of the code over themselves and call it, so that somebody translates it while the
/// disk reads. The sector goes, two rounds in turn, to the middle of a page, and over the end of one and the start of the next; other code before and behind it must live on.
/// </summary>
public static class DmaCode
{
    /// <summary>Rounds that a read costs as much as.</summary>
    public const int PerStep = 16;

    private const byte Vector = 0x41;
    private const int Sectors = 256, Neighbour = 0x5aa5;

    // Where the numbers are in a sector; the third lies on both pages if the sector does.
    private const int First = 0x00, Second = 0xf8, Third = 0xfd, Last = 0x1f0, Border = 0x100;

    private const sbyte MovOpcode = unchecked((sbyte)0xb8), XorOpcode = 0x35, RetOpcode = unchecked((sbyte)0xc3);

    private static readonly uint Done = LitmusMap.Word(0), Within = LitmusMap.Page(0) + 0x400, Across = LitmusMap.Page(3) - Border;

    // Other code, before and behind the sector.
    private static ReadOnlySpan<int> Neighbours => [-16, DiskDriver.SectorBytes];

    /// <param name="interrupt">The completion is an MSI-X interrupt, waited for in HLT; else all watch the used index.</param>
    public static GuestImage Build(uint rounds, bool interrupt)
    {
        var litmus = new LitmusProgram(interrupt ? "dma-interrupt" : "dma-poll");
        var c = litmus.C;
        var disk = new DiskDriver(litmus);
        if (interrupt) Handle(litmus);
        litmus.Once(() =>
        {
            if (interrupt) litmus.EnableApic();
            disk.Start(interrupt ? Vector : null);
            PutFirstCode(litmus, Within);
            PutFirstCode(litmus, Across);
        });
        litmus.PointToOwnArea(r10);
        c.mov(__byte_ptr[r10], MovOpcode);
        c.mov(__byte_ptr[r10 + 5], RetOpcode);

        litmus.Rounds(rounds, () =>
        {
            Aim(c);
            litmus.Repeat(edi, 2, () => c.call(r14));
            litmus.Meet();
            litmus.OnCpu(0, () =>
            {
                c.movzx(edx, r13b);
                disk.Read(rdx, r14);
                if (interrupt) AwaitInterrupt(litmus);
                else litmus.SpinUntilEqual(disk.CompareUsed);
            }, () => Meanwhile(litmus, interrupt));
            litmus.Serialize();
            Check(litmus);
            litmus.OnCpu(0, () =>
            {
                // The interrupt came too early, or the disk is broken.
                disk.CompareUsed();
                litmus.ForbidUnlessEqual();
                disk.CheckStatus();
            });
        });
        return litmus.Finish();
    }

    /// <summary>Sector n returns n * 0x010101 in EAX, by four pieces of code that jump from one to the next.</summary>
    public static byte[] Disk()
    {
        var disk = new byte[Sectors * DiskDriver.SectorBytes];
        for (var n = 0; n < Sectors; n++)
        {
            var sector = disk.AsSpan(n * DiskDriver.SectorBytes, DiskDriver.SectorBytes);
            Put(sector, First, [0xb8, .. BitConverter.GetBytes(n), 0xe9, .. BitConverter.GetBytes(Second - First - 10)]);
            Put(sector, Second, [0x05, .. BitConverter.GetBytes(n << 8)]);
            Put(sector, Third, [0x35, .. BitConverter.GetBytes(n << 16), 0xe9, .. BitConverter.GetBytes(Last - Third - 10)]);
            Put(sector, Last, [0xc3]);
        }
        return disk;
    }

    private static void Put(Span<byte> sector, int at, ReadOnlySpan<byte> code) => code.CopyTo(sector[at..]);

    // Sector 0, as the disk would have read it, between the neighbours.
    private static void PutFirstCode(LitmusProgram litmus, uint place)
    {
        foreach (var neighbour in Neighbours) litmus.StoreBytes((uint)(place + neighbour), [0xb8, .. BitConverter.GetBytes(Neighbour), 0xc3]);
        litmus.C.mov(edi, place);
        litmus.Copy(Disk()[..DiskDriver.SectorBytes]);
    }

    // R14: where this round's sector goes and is called.
    private static void Aim(Assembler c)
    {
        c.mov(r14d, Within);
        c.mov(eax, Across);
        c.test(r13d, 2);
        c.cmovne(r14d, eax);
    }

    private static void Check(LitmusProgram litmus)
    {
        var c = litmus.C;
        c.call(r14);
        c.movzx(edx, r13b);
        c.imul(edx, edx, 0x010101);
        c.cmp(eax, edx);
        litmus.ForbidUnlessEqual();
        foreach (var neighbour in Neighbours)
        {
            c.lea(rax, __[r14 + neighbour]);
            c.call(rax);
            c.cmp(eax, Neighbour);
            litmus.ForbidUnlessEqual();
        }
    }

    // The used index counts rounds.
    private static void Meanwhile(LitmusProgram litmus, bool interrupt)
    {
        var c = litmus.C;
        litmus.SpinUntilEqual(() =>
        {
            c.test(r13d, 1);
            litmus.IfElse(a => a.jne, () =>
            {
                c.inc(__dword_ptr[r10 + 1]);
                c.call(r10);
            }, () =>
            {
                c.mov(__byte_ptr[r14 + First], MovOpcode);
                c.mov(__byte_ptr[r14 + Third], XorOpcode);
                c.call(r14);
            });
            if (interrupt) c.cmp(__dword_ptr[Done], r13d);
            else c.cmp(__word_ptr[DiskDriver.Used + 2], r13w);
        });
    }

    private static void Handle(LitmusProgram litmus)
    {
        var c = litmus.C;
        Label handler = c.CreateLabel(), over = c.CreateLabel();
        c.jmp(over);
        c.Label(ref handler);
        c.push(rax);
        c.mov(__dword_ptr[Done], r13d);
        litmus.EndOfInterrupt();
        c.pop(rax);
        c.iretq();
        litmus.Here(ref over);
        litmus.Once(() => litmus.Gate(Vector, handler));
        litmus.LoadInterruptTable();
    }

    private static void AwaitInterrupt(LitmusProgram litmus)
    {
        var c = litmus.C;
        Label look = c.CreateLabel(), done = c.CreateLabel();
        litmus.Here(ref look);
        c.cli();
        c.cmp(__dword_ptr[Done], r13d);
        c.je(done);
        c.sti();
        c.hlt();
        c.jmp(look);
        litmus.Here(ref done);
    }
}
