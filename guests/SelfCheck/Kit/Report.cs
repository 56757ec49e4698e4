using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.SelfCheck.Kit;

/// <summary>What each CPU does: wait for its turn, run the lists, print what came of them.</summary>
internal static class Report
{
    public static void Emit(GuestProgram program, CheckProgram checks)
    {
        var c = program.C;
        Label wait = c.CreateLabel(), all = c.CreateLabel(), others = c.CreateLabel(), print = c.CreateLabel(), most = c.CreateLabel();
        c.cld();
        c.Label(ref wait);
        c.pause();
        c.cmp(__dword_ptr[TurnWord], ebx);
        c.jne(wait);
        c.push(rbx);
        c.push(r12);
        c.mov(esi, CheckMap.Pristine);
        c.mov(edi, CheckMap.Low);
        c.mov(ecx, CheckMap.LowBytes / 8);
        c.cld();
        c.rep.movsq();
        c.mov(edi, CheckMap.Results);
        c.mov(ecx, (uint)checks.Checks.Count * CheckMap.ResultBytes / 8);
        c.xor(eax, eax);
        c.rep.stosq();
        c.call(CheckMap.LongList);
        c.pop(r12);
        c.pop(rbx);
        c.call(print);
        c.inc(__dword_ptr[TurnWord]);
        c.test(ebx, ebx);
        c.jne(others);
        c.Label(ref all);
        c.pause();
        c.cmp(__dword_ptr[TurnWord], r12d);
        c.jne(all);
        c.mov(eax, __dword_ptr[FailureWord]);
        c.cmp(eax, 63);
        c.jbe(most);
        c.mov(eax, 63);
        c.Label(ref most);
        program.ExitWithEax();
        c.Label(ref others);
        program.Halt();
        Lines(program, checks, print);
    }

    /// <summary>Outside what is put back: whose turn it is, and failures of all CPUs.</summary>
    private const uint TurnWord = MemoryMap.Data, FailureWord = MemoryMap.Data + 64;

    private static void Lines(GuestProgram program, CheckProgram checks, Label print)
    {
        var c = program.C;
        Label next = c.CreateLabel(), good = c.CreateLabel(), skipped = c.CreateLabel(), missing = c.CreateLabel(), name = c.CreateLabel(), end = c.CreateLabel(),
            text = c.CreateLabel(), done = c.CreateLabel(), bad = c.CreateLabel();
        var table = checks.Words([.. checks.Checks.SelectMany(check => (ulong[])[check.NameText, check.SourceText, check.Result])]);
        c.Label(ref print);
        c.mov(r13d, table);
        c.mov(r14d, (uint)checks.Checks.Count);
        c.Label(ref next);
        Say(c, checks, text, "cpu ");
        c.mov(al, bl);
        c.add(al, (sbyte)'0');
        program.PrintAl();
        c.mov(ebp, __dword_ptr[r13 + 16]);
        c.cmp(__dword_ptr[rbp + 4], 0);
        c.jne(bad);
        c.cmp(__dword_ptr[rbp], 1);
        c.je(good);
        c.ja(skipped);
        c.Label(ref bad);
        Say(c, checks, text, "  FAIL  ");
        c.inc(__dword_ptr[FailureWord]);
        c.jmp(name);
        c.Label(ref skipped);
        Say(c, checks, text, "  skip  ");
        c.jmp(name);
        c.Label(ref good);
        Say(c, checks, text, "  ok    ");
        c.Label(ref name);
        c.mov(esi, __dword_ptr[r13]);
        c.call(text);
        Say(c, checks, text, "  [");
        c.mov(esi, __dword_ptr[r13 + 8]);
        c.call(text);
        Say(c, checks, text, "]");
        c.cmp(__dword_ptr[rbp + 4], 0);
        c.je(missing);
        Say(c, checks, text, ": ");
        c.mov(esi, __dword_ptr[rbp + 4]);
        c.call(text);
        Say(c, checks, text, " ");
        c.mov(rax, __qword_ptr[rbp + 16]);
        program.PrintHex();
        Say(c, checks, text, ", expected ");
        c.mov(rax, __qword_ptr[rbp + 8]);
        program.PrintHex();
        c.jmp(end);
        c.Label(ref missing);
        c.cmp(__dword_ptr[rbp], 0);
        c.jne(end);
        Say(c, checks, text, ": did not run");
        c.Label(ref end);
        Say(c, checks, text, "\n");
        c.add(r13, 24);
        c.dec(r14d);
        c.jne(next);
        c.ret();
        c.Label(ref text);
        c.mov(al, __byte_ptr[rsi]);
        c.test(al, al);
        c.je(done);
        program.PrintAl();
        c.inc(rsi);
        c.jmp(text);
        c.Label(ref done);
        c.ret();
    }

    private static void Say(Assembler c, CheckProgram checks, Label print, string text)
    {
        c.mov(esi, checks.Text(text));
        c.call(print);
    }
}
