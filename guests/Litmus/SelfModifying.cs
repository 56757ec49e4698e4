using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Litmus;

/// <summary>
/// Code that changes itself on the CPU that runs it, without a branch or a serialising instruction in between. Every x86 processor since the Pentium Pro
/// runs the new bytes then (SDM 3A 9.1.3 and 12.6); all CPUs do it at once, each to its own copy.
/// </summary>
public static class SelfModifying
{
    private const int CallsPerStep = 16;

    /// <summary>The tests of one function that is called over and over.</summary>
    public static IEnumerable<LitmusTest> Tests =>
    [
        Test("smc-next", "the next instruction is rewritten", Next),
        Test("smc-loop", "a loop rewrites its own body", Loop),
        Test("smc-push", "PUSH lays new code after itself", Push),
        Test("smc-call", "CALL's return address becomes code", Call),
        Test("smc-rep", "REP MOVSB lays new code after itself", Rep),
        Test("smc-data", "data that changes beside code", Data),
        new("smc-arena", "functions made, called and overwritten", Arena, 1, CallsPerStep),
    ];

    private static LitmusTest Test(string name, string meaning, Action<Assembler> function) =>
        new(name, meaning, steps => Build(name, steps, function), 1, CallsPerStep);

    /// <summary>The function finds its own address in RBP and a number in R10D, which it must return in EAX.</summary>
    private static GuestImage Build(string name, uint steps, Action<Assembler> function)
    {
        var litmus = new LitmusProgram(name);
        var c = litmus.C;
        litmus.PointToOwnArea(rbp);
        c.mov(rdi, rbp);
        litmus.Copy(Assemble(function));
        litmus.Rounds(steps, () => litmus.Repeat(r14d, CallsPerStep, () =>
        {
            NumberOfCall(c);
            c.call(rbp);
            c.cmp(eax, r10d);
            litmus.ForbidUnlessEqual();
        }));
        return litmus.Finish();
    }

    private static void NumberOfCall(Assembler c)
    {
        c.imul(r10d, r13d, CallsPerStep);
        c.add(r10d, r14d);
    }

    // Twice, as the places that are written are known once the length is.
    private static byte[] Assemble(Action<Assembler> function)
    {
        var c = new Assembler(64);
        function(c);
        using var stream = new MemoryStream();
        c.Assemble(new StreamCodeWriter(stream), 0);
        return stream.ToArray();
    }

    /// <summary>Bytes that the code so far takes.</summary>
    private static int Position(Assembler c)
    {
        using var stream = new MemoryStream();
        var copy = new Assembler(64);
        foreach (var instruction in c.Instructions) copy.AddInstruction(instruction);
        copy.Assemble(new StreamCodeWriter(stream), 0);
        return (int)stream.Length;
    }

    private static void Next(Assembler c)
    {
        const int store = 4;
        c.mov(__dword_ptr[rbp + store + 1], r10d);
        c.mov(eax, -1);
        c.ret();
    }

    private static void Loop(Assembler c)
    {
        const int turns = 8;
        var again = c.CreateLabel();
        c.xor(eax, eax);
        c.mov(ecx, turns);
        var body = Position(c);
        c.Label(ref again);
        // Each turn adds what the turn before wrote; the last one leaves 1 for the next call.
        c.add(eax, 0x01000000);
        c.mov(__dword_ptr[rbp + body + 1], ecx);
        c.dec(ecx);
        c.jne(again);
        c.mov(__dword_ptr[rbp + body + 1], 0x01000000);
        c.add(eax, r10d);
        c.sub(eax, 0x01000000 + turns * (turns + 1) / 2 - 1);
        c.ret();
    }

    private static void Push(Assembler c)
    {
        // mov eax, imm32; nop; nop; nop
        c.mov(edx, r10d);
        c.shl(rdx, 8);
        c.mov(rcx, 0x909090_00000000_b8);
        c.or(rdx, rcx);
        var slot = Position(c) + 4 + 3 + 1;
        c.lea(r8, __[rbp + slot + 8]);
        c.xchg(rsp, r8);
        c.push(rdx);
        // UD2, four times: what must not run.
        c.dq(0x0b0f0b0f0b0f0b0f);
        c.xchg(rsp, r8);
        c.ret();
    }

    private static void Call(Assembler c)
    {
        const int immediate = 2;
        var target = c.CreateLabel();
        var slot = 4 + 3 + 5;
        c.lea(r8, __[rbp + slot + immediate + 8]);
        c.xchg(rsp, r8);
        c.db(0xe8, 0, 0, 0, 0);
        c.Label(ref target);
        c.mov(rdx, -1L);
        c.mov(rsp, r8);
        c.lea(rcx, __[rbp + slot]);
        c.sub(rdx, rcx);
        c.lea(eax, __[rdx + r10]);
        c.ret();
    }

    private static void Rep(Assembler c)
    {
        const int source = 0x80, length = 6;
        c.mov(__byte_ptr[rbp + source], unchecked((sbyte)0xb8));
        c.mov(__dword_ptr[rbp + source + 1], r10d);
        c.mov(__byte_ptr[rbp + source + 5], unchecked((sbyte)0x90));
        c.lea(rsi, __[rbp + source]);
        c.mov(ecx, length);
        var at = Position(c) + 4 + 2;
        c.lea(rdi, __[rbp + at]);
        c.rep.movsb();
        c.mov(eax, -1);
        c.nop();
        c.ret();
    }

    private static void Data(Assembler c)
    {
        c.mov(__dword_ptr[rbp + 0x40], r10d);
        c.@lock.add(__dword_ptr[rbp + 0x80], r10d);
        c.mov(eax, __dword_ptr[rbp + 0x40]);
        c.ret();
    }

    /// <summary>As a JIT compiler works: <c>mov eax, imm32; not eax; ret</c> made at the next place of a ring of 64-byte slots, called at once.</summary>
    private static GuestImage Arena(uint steps)
    {
        const int bytes = 0x8000, slot = 64;
        var litmus = new LitmusProgram("smc-arena");
        var c = litmus.C;
        litmus.PointToOwnArea(rbp);
        c.xor(r9d, r9d);
        litmus.Rounds(steps, () => litmus.Repeat(r14d, CallsPerStep, () =>
        {
            NumberOfCall(c);
            c.lea(r8, __[rbp + r9]);
            c.mov(__byte_ptr[r8], unchecked((sbyte)0xb8));
            c.mov(__dword_ptr[r8 + 1], r10d);
            c.mov(__dword_ptr[r8 + 5], unchecked((int)0x90c3d0f7));
            c.call(r8);
            c.not(eax);
            c.cmp(eax, r10d);
            litmus.ForbidUnlessEqual();
            c.add(r9d, slot);
            c.and(r9d, bytes - 1);
        }));
        return litmus.Finish();
    }
}
