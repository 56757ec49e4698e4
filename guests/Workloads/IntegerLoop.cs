using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Workloads;

/// <summary>A register-only hash loop with a few dependent operations and one memory word per round; CPU 0 exits with 0 if the sum is right.</summary>
public static class IntegerLoop
{
    public static GuestImage Build(uint rounds)
    {
        var program = new GuestProgram("integer");
        var c = program.C;
        program.Main();
        Label loop = c.CreateLabel(), wrong = c.CreateLabel();
        c.mov(ecx, rounds);
        c.mov(rax, 0x9e3779b97f4a7c15);
        c.xor(edx, edx);
        c.mov(esi, MemoryMap.Data);
        c.shl(rbx, 12);
        c.add(rsi, rbx);
        c.mov(__qword_ptr[rsi], rdx);
        c.Label(ref loop);
        c.add(rdx, rax);
        c.rol(rax, 7);
        c.xor(rax, rdx);
        c.add(__qword_ptr[rsi], rax);
        c.lea(rdx, __[rdx + rax * 2 + 5]);
        c.imul(rax, rax, 0x10001);
        c.dec(ecx);
        c.jne(loop);
        c.cmp(__qword_ptr[rsi], (int)0);
        c.je(wrong);
        c.test(ebx, ebx);
        var others = c.CreateLabel();
        c.jne(others);
        program.Exit(0);
        c.Label(ref wrong);
        program.Exit(1);
        c.Label(ref others);
        program.Halt();
        return program.Build();
    }
}
