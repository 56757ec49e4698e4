using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Workloads;

/// <summary>
/// Much more code than a code buffer holds: CPU 0 writes many different small functions, then every CPU calls all of them, several times over, and
/// compares with the same sum computed by a loop. Exit code 0: all agree.
/// </summary>
public static class LargeCode
{
    private const uint Functions = MemoryMap.Data + 0x100000, FunctionBytes = 64;
    private const uint Barrier = MemoryMap.Data, Wrong = MemoryMap.Data + 0x100;

    /// <param name="functions">Each is 17 bytes of code on a 64-byte line and makes about 150 bytes of host code.</param>
    public static GuestImage Build(uint functions, uint passes)
    {
        var program = new GuestProgram("large-code");
        var c = program.C;
        program.Main();
        Label write = c.CreateLabel(), written = c.CreateLabel(), pass = c.CreateLabel(), call = c.CreateLabel(), expect = c.CreateLabel(),
            good = c.CreateLabel(), halt = c.CreateLabel(), failed = c.CreateLabel();
        c.test(ebx, ebx);
        c.jne(written);
        c.xor(ecx, ecx);
        c.mov(edi, Functions);
        c.Label(ref write);
        c.mov(__word_ptr[rdi], 0x0548);        // add rax, imm32
        c.mov(__dword_ptr[rdi + 2], ecx);
        c.mov(__dword_ptr[rdi + 6], 0x05c0c148); // rol rax, 5
        c.mov(__word_ptr[rdi + 10], 0x3548);     // xor rax, imm32
        c.lea(eax, __[rcx + rcx * 2]);
        c.mov(__dword_ptr[rdi + 12], eax);
        c.mov(__byte_ptr[rdi + 16], 0xc3);
        c.add(edi, FunctionBytes);
        c.inc(ecx);
        c.cmp(ecx, functions);
        c.jb(write);
        c.Label(ref written);
        c.mov(r14d, passes);
        program.Barrier(Barrier);

        c.Label(ref pass);
        c.xor(eax, eax);
        c.xor(ecx, ecx);
        c.Label(ref expect);
        c.add(rax, rcx);
        c.rol(rax, 5);
        c.lea(edx, __[rcx + rcx * 2]);
        c.xor(rax, rdx);
        c.inc(ecx);
        c.cmp(ecx, functions);
        c.jb(expect);
        c.mov(r13, rax);
        c.xor(eax, eax);
        c.xor(ecx, ecx);
        c.mov(edi, Functions);
        c.Label(ref call);
        c.call(rdi);
        c.add(edi, FunctionBytes);
        c.inc(ecx);
        c.cmp(ecx, functions);
        c.jb(call);
        c.cmp(rax, r13);
        c.je(good);
        c.@lock.inc(__dword_ptr[Wrong]);
        c.Label(ref good);
        c.dec(r14d);
        c.jne(pass);

        program.Barrier(Barrier);
        c.test(ebx, ebx);
        c.jne(halt);
        c.cmp(__dword_ptr[Wrong], 0);
        c.jne(failed);
        program.Exit(0);
        c.Label(ref failed);
        program.Exit(1);
        c.Label(ref halt);
        program.Halt();
        return program.Build();
    }
}
