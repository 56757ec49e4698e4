using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Litmus;

/// <summary>
/// Cross-modifying code (SDM 3A 9.1.3). Each round CPU 0 overwrites <c>mov eax, imm32; ret</c>, so that no translation of it is left; all meet; it writes
/// the round's number into the immediate while the others call the code, that is, while they translate it anew; all meet; the others execute
/// CPUID and call it again: anything but the new number is stale. Exit code 0: never; 1: stale results were seen, their number is on the serial port.
/// </summary>
public static class StaleCode
{
    private const uint Barrier = MemoryMap.Data, Stale = MemoryMap.Data + 0x100, Stub = MemoryMap.Data + 0x10000, Neighbour = Stub + 0x800;

    /// <param name="keep">The page also holds other, unchanging code, so that it stays a code page all the time.</param>
    public static GuestImage Build(uint rounds, bool keep)
    {
        var program = new GuestProgram(keep ? "stale-keep" : "stale-alone");
        var c = program.C;
        program.Main();
        Label round = c.CreateLabel(), reader = c.CreateLabel(), meet = c.CreateLabel(), writerAgain = c.CreateLabel(), good = c.CreateLabel(),
            finish = c.CreateLabel(), halt = c.CreateLabel(), clean = c.CreateLabel(), ready = c.CreateLabel(),
            together = c.CreateLabel();
        c.test(ebx, ebx);
        c.jne(ready);
        c.mov(__byte_ptr[Stub], 0xb8);
        c.mov(__dword_ptr[Stub + 1], 0);
        c.mov(__byte_ptr[Stub + 5], 0xc3);
        c.mov(__byte_ptr[Neighbour], 0xc3);
        c.Label(ref ready);
        c.mov(r13d, 1);
        c.mov(r14d, Stub);
        c.mov(ebp, Neighbour);
        program.Barrier(Barrier);

        c.Label(ref round);
        program.Barrier(Barrier);
        if (keep) c.call(rbp);
        c.test(ebx, ebx);
        c.jne(together);
        c.mov(__dword_ptr[r14 + 1], -1);
        c.Label(ref together);
        program.Barrier(Barrier);
        c.test(ebx, ebx);
        c.jne(reader);
        c.mov(__dword_ptr[r14 + 1], r13d);
        c.jmp(meet);
        c.Label(ref reader);
        c.call(r14);
        c.Label(ref meet);
        program.Barrier(Barrier);
        c.test(ebx, ebx);
        c.je(writerAgain);
        c.xor(eax, eax);
        c.mov(edi, ebx);
        c.cpuid();
        c.mov(ebx, edi);
        c.call(r14);
        c.cmp(eax, r13d);
        c.je(good);
        c.@lock.inc(__dword_ptr[Stale]);
        c.Label(ref good);
        c.nop();
        c.Label(ref writerAgain);
        c.inc(r13d);
        c.cmp(r13d, rounds);
        c.jbe(round);

        program.Barrier(Barrier);
        c.test(ebx, ebx);
        c.jne(halt);
        program.Print("stale ");
        c.mov(eax, __dword_ptr[Stale]);
        program.PrintHex();
        program.Print("\n");
        c.Label(ref finish);
        c.cmp(__dword_ptr[Stale], 0);
        c.je(clean);
        program.Exit(1);
        c.Label(ref clean);
        program.Exit(0);
        c.Label(ref halt);
        program.Halt();
        return program.Build();
    }
}
