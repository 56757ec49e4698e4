using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Workloads;

/// <summary>
/// A small function and a word of data share a page. Each round stores to the word and calls the function; if wanted, every so many rounds a store
/// changes the function itself. What the calls return is added up. The same bytes run bare-metal and as a user program.
/// </summary>
public static class BesideCode
{
    /// <summary>Pages of the loop and of the function with its word.</summary>
    public const uint Loop = 0x200000, Function = 0x201000;

    private const int Word = 0x80, Immediate = 1;

    /// <summary>mov eax, 1; ret: the immediate is what is changed.</summary>
    public static byte[] FunctionCode { get; } = [0xb8, 1, 0, 0, 0, 0xc3];

    /// <summary>A function at <see cref="Loop"/>: rounds in R14, address of the called one in RDI; returns the sum in R13. Clobbers RAX, RDX, RBP.</summary>
    /// <param name="changeEvery">Rounds from one change of the function to the next; 0: it is never changed.</param>
    public static byte[] LoopCode(int changeEvery)
    {
        var c = new Assembler(64);
        Label again = c.CreateLabel(), same = c.CreateLabel();
        c.xor(r13d, r13d);
        c.mov(edx, 1);
        c.mov(ebp, changeEvery);
        c.Label(ref again);
        c.mov(__dword_ptr[rdi + Word], r14d);
        c.call(rdi);
        c.add(r13, rax);
        if (changeEvery > 0)
        {
            c.dec(ebp);
            c.jne(same);
            c.mov(ebp, changeEvery);
            c.inc(edx);
            c.mov(__dword_ptr[rdi + Immediate], edx);
            c.Label(ref same);
        }
        c.dec(r14);
        c.jne(again);
        c.ret();
        using var stream = new MemoryStream();
        c.Assemble(new StreamCodeWriter(stream), Loop);
        return stream.ToArray();
    }

    public static long Changes(long rounds, int changeEvery) => changeEvery == 0 ? 0 : rounds / changeEvery;

    public static long Sum(long rounds, int changeEvery)
    {
        if (changeEvery == 0) return rounds;
        var changes = Changes(rounds, changeEvery);
        return changeEvery * (changes * (changes + 1) / 2) + rounds % changeEvery * (changes + 1);
    }

    /// <summary>Calls the loop and leaves with R13 = 0 if its sum is right. Clobbers what the loop does, RCX and RDI.</summary>
    public static void Call(Assembler c, long rounds, int changeEvery)
    {
        c.mov(r14, rounds);
        c.mov(edi, Function);
        c.mov(eax, Loop);
        c.call(rax);
        c.mov(rcx, Sum(rounds, changeEvery));
        c.sub(r13, rcx);
    }

    /// <summary>For one CPU. Exit code 0: the sum is right.</summary>
    public static GuestImage Build(long rounds, int changeEvery)
    {
        var program = new GuestProgram("beside");
        var c = program.C;
        Label others = c.CreateLabel(), failed = c.CreateLabel();
        program.Main();
        c.test(ebx, ebx);
        c.jne(others);
        Call(c, rounds, changeEvery);
        c.test(r13, r13);
        c.jne(failed);
        program.Exit(0);
        c.Label(ref failed);
        program.Exit(1);
        c.Label(ref others);
        program.Halt();
        program.Place(Loop, LoopCode(changeEvery), most: 0x1000);
        program.Place(Function, FunctionCode, most: Word);
        return program.Build();
    }
}
