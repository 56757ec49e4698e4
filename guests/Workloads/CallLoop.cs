using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Workloads;

/// <summary>A loop of direct calls, one call through a register and their returns, and a recursive function: what chaining and return prediction are for.</summary>
public static class CallLoop
{
    public static GuestImage Build(uint rounds)
    {
        var program = new GuestProgram("calls");
        var c = program.C;
        Label leaf = c.CreateLabel(), twice = c.CreateLabel(), fibonacci = c.CreateLabel(), small = c.CreateLabel(), loop = c.CreateLabel(),
            others = c.CreateLabel();
        c.Label(ref leaf);
        c.add(rax, 3);
        c.ret();
        c.Label(ref twice);
        c.call(leaf);
        c.call(leaf);
        c.ret();

        // fibonacci(EDI), recursive, result added to RAX.
        c.Label(ref fibonacci);
        c.cmp(edi, 2);
        c.jb(small);
        c.push(rdi);
        c.dec(edi);
        c.call(fibonacci);
        c.pop(rdi);
        c.sub(edi, 2);
        c.call(fibonacci);
        c.ret();
        c.Label(ref small);
        c.add(eax, edi);
        c.ret();

        program.Main();
        c.test(ebx, ebx);
        c.jne(others);
        c.mov(ebp, rounds);
        c.xor(eax, eax);
        c.lea(r13, __[leaf]);
        c.Label(ref loop);
        c.call(twice);
        c.call(r13);
        c.mov(edi, 10);
        c.call(fibonacci);
        c.dec(ebp);
        c.jne(loop);
        c.sub(rax, (int)(rounds * (9 + 55)));
        program.ExitWithEax();
        c.Label(ref others);
        program.Halt();
        return program.Build();
    }
}
