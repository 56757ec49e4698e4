using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Litmus;

/// <summary>
/// More code than the smallest code buffer holds, many times over. CPU 0 calls the function that another one has called just now, with the address of a disk's
/// doorbell for it to write to: it stays in that one instruction until the disk has collected <see cref="DiskDriver.Entries"/> requests of
/// <see cref="Links"/> descriptors, milliseconds in which the others need the region of that function's host code again. Then it goes on in the function,
/// which must add its own number and no other one's.
/// </summary>
public static class SlowDoorbell
{
    /// <summary>A step waits for the disk some dozen times.</summary>
    public const int PerStep = 16 * 1024;

    private const uint At = MemoryMap.Data + 0x400000, Table = LitmusMap.Disk + 0x8000;
    private const int Functions = 4096, FunctionBytes = 64, Number = 4, RegionBytes = 64 << 10;
    private const int Links = 1024, DescriptorBytes = 16, Unsupported = 99;
    private const uint HasNext = 1, DeviceWrites = 2, Indirect = 4;

    // Which function was called last, and by how many CPUs the step is done.
    private static readonly uint Latest = LitmusMap.Word(0), Ended = LitmusMap.Word(1);

    /// <summary>A region for each CPU and one more, the least there can be: what was left is wanted again soonest.</summary>
    public static long CodeBytes(int cpus) => (cpus + 1L) * RegionBytes;

    /// <summary>Its content is not looked at.</summary>
    public static byte[] Disk() => new byte[DiskDriver.SectorBytes];

    /// <param name="steps">Barriers.</param>
    public static GuestImage Build(uint steps)
    {
        var litmus = new LitmusProgram("tiny-buffer-device");
        var c = litmus.C;
        var disk = new DiskDriver(litmus);
        litmus.Once(() =>
        {
            WriteFunctions(litmus);
            disk.Start(null, features: 1 << 28);
            WriteRequests(litmus, disk);
        });
        litmus.PointToOwnArea(r10);
        litmus.Rounds(steps, () =>
        {
            litmus.OnCpu(0, () => RingUntilEnd(litmus, disk), () => CallAll(litmus));
            litmus.Meet();
            litmus.OnCpu(0, () => c.mov(__dword_ptr[Ended], 0));
        });
        return litmus.Finish();
    }

    private static void RingUntilEnd(LitmusProgram litmus, DiskDriver disk)
    {
        var c = litmus.C;
        c.lea(r14d, __[r12 - 1]);
        litmus.SpinUntilEqual(() =>
        {
            c.mov(ebp, __dword_ptr[Latest]);
            c.add(__word_ptr[DiskDriver.Available + 2], DiskDriver.Entries);
            c.mov(edx, __dword_ptr[DiskDriver.Doorbell]);
            c.xor(ecx, ecx);
            c.xor(eax, eax);
            Call(c);
            c.mov(edx, Functions);
            c.sub(edx, ebp);
            c.cmp(eax, edx);
            litmus.ForbidUnlessEqual();
            litmus.SpinUntilEqual(disk.CompareUsed);
            c.cmp(__dword_ptr[Ended], r14d);
        });
    }

    private static void CallAll(LitmusProgram litmus)
    {
        var c = litmus.C;
        c.imul(ebp, ebx, 997);
        c.mov(rdx, r10);
        c.xor(eax, eax);
        litmus.Repeat(r14d, Functions, () =>
        {
            c.and(ebp, Functions - 1);
            Call(c);
            c.mov(__dword_ptr[Latest], ebp);
            c.inc(ebp);
        });
        c.cmp(eax, Functions / 2 * (Functions + 1));
        litmus.ForbidUnlessEqual();
        c.@lock.inc(__dword_ptr[Ended]);
    }

    // The one at place EBP, which is number Functions - EBP.
    private static void Call(Assembler c)
    {
        c.imul(r9d, ebp, FunctionBytes);
        c.add(r9d, (int)At);
        c.call(r9);
    }

    // Function number n, from 1, writes CX to where RDX points and then adds n to EAX.
    private static void WriteFunctions(LitmusProgram litmus)
    {
        var c = litmus.C;
        c.mov(r8d, At);
        litmus.Repeat(r14d, Functions, () =>
        {
            c.mov(rdi, r8);
            litmus.Copy(f =>
            {
                f.mov(__word_ptr[rdx], cx);
                f.add(eax, 0x11223344);
                f.rol(eax, 1);
                f.ror(eax, 1);
                f.ret();
            });
            c.mov(__dword_ptr[r8 + Number], r14d);
            c.add(r8, FunctionBytes);
        });
    }

    // All requests share one table: header, single bytes, status. The disk knows no such request and says so.
    private static void WriteRequests(LitmusProgram litmus, DiskDriver disk)
    {
        var c = litmus.C;
        c.mov(__dword_ptr[DiskDriver.Header], Unsupported);
        c.xor(ecx, ecx);
        Label link = c.CreateLabel(), entry = c.CreateLabel();
        litmus.Here(ref link);
        c.mov(eax, ecx);
        c.shl(eax, 4);
        c.mov(__qword_ptr[rax + Table], (int)DiskDriver.Header);
        c.mov(__dword_ptr[rax + (Table + 8)], 16);
        c.inc(ecx);
        c.mov(edx, ecx);
        c.shl(edx, 16);
        c.or(edx, (int)HasNext);
        c.mov(__dword_ptr[rax + (Table + 12)], edx);
        c.cmp(ecx, Links);
        c.jne(link);
        const uint last = Table + (Links - 1) * DescriptorBytes;
        c.mov(__dword_ptr[last], DiskDriver.Status);
        c.mov(__dword_ptr[last + 8], 1);
        c.mov(__dword_ptr[last + 12], DeviceWrites);
        c.xor(ecx, ecx);
        litmus.Here(ref entry);
        c.mov(eax, ecx);
        c.shl(eax, 4);
        c.mov(__qword_ptr[rax + DiskDriver.Descriptors], (int)Table);
        c.mov(__dword_ptr[rax + (DiskDriver.Descriptors + 8)], Links * DescriptorBytes);
        c.mov(__dword_ptr[rax + (DiskDriver.Descriptors + 12)], Indirect);
        c.mov(__word_ptr[rcx * 2 + (DiskDriver.Available + 4)], cx);
        c.inc(ecx);
        c.cmp(ecx, DiskDriver.Entries);
        c.jne(entry);
    }
}
