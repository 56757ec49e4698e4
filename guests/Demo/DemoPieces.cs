using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using Tcg.Mttcg.Guests.Workloads;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Demo;

/// <summary>The steps of the demo guest. Throughout: EBX is the CPU's number, R12 the number of CPUs, R15 the barrier's sense.</summary>
internal sealed class DemoPieces
{
    private readonly GuestProgram _program;
    private readonly Assembler _c;
    private Label _shootdown, _palette, _constants, _print, _printHex;

    public DemoPieces(GuestProgram program)
    {
        _program = program;
        _c = program.C;
        _shootdown = _c.CreateLabel();
        _palette = _c.CreateLabel();
        _constants = _c.CreateLabel();
        _print = _c.CreateLabel();
        _printHex = _c.CreateLabel();
        Subroutines();
    }

    /// <summary>CPU 0: interrupt table, window mapping, patched code. Every CPU: its APIC and interrupts on.</summary>
    public void SetUp()
    {
        Label every = _c.CreateLabel();
        _c.test(ebx, ebx);
        _c.jne(every);
        // Firmware may have left the PIC delivering timer ticks.
        _c.mov(al, -1);
        _c.@out(0x21, al);
        _c.@out(0xa1, al);
        _c.lea(rax, __[_shootdown]);
        _c.mov(edi, DemoMap.InterruptTable + DemoMap.ShootdownVector * 16);
        _c.mov(__word_ptr[rdi], ax);
        _c.mov(__word_ptr[rdi + 2], 0x18);
        _c.mov(__word_ptr[rdi + 4], unchecked((short)0x8e00));
        _c.shr(rax, 16);
        _c.mov(__word_ptr[rdi + 6], ax);
        _c.mov(__word_ptr[DemoMap.InterruptTablePointer], 0xfff);
        _c.mov(__dword_ptr[DemoMap.InterruptTablePointer + 2], DemoMap.InterruptTable);
        _c.mov(__dword_ptr[DemoMap.PageA], 0xaaaa);
        _c.mov(__dword_ptr[DemoMap.PageB], 0xbbbb);
        _c.mov(__dword_ptr[DemoMap.WindowTable], DemoMap.PageA | 3);
        _c.mov(__dword_ptr[DemoMap.WindowDirectory], DemoMap.WindowTable | 3);
        _c.mov(__byte_ptr[DemoMap.Patched], 0xb8);
        _c.mov(__byte_ptr[DemoMap.Patched + 5], 0xc3);
        _c.Label(ref every);
        _program.Barrier(DemoMap.Barrier);
        _c.lidt(__[DemoMap.InterruptTablePointer]);
        _c.mov(rax, cr3);
        _c.mov(cr3, rax);
        _c.mov(eax, MemoryMap.LocalApic);
        _c.mov(__dword_ptr[rax + 0xf0], 0x1ff);
        _c.sti();
    }

    public void Hello()
    {
        Lock(DemoMap.PrintLock);
        _program.Print("hello ");
        _c.mov(eax, ebx);
        _c.call(_printHex);
        _program.Print("\n");
        Unlock(DemoMap.PrintLock);
    }

    /// <summary>Rows are taken from a shared counter, so faster CPUs draw more of them.</summary>
    public void Draw(int columns, int rows, int iterations, double left, double top, double stepX, double stepY)
    {
        Label row = _c.CreateLabel(), column = _c.CreateLabel(), escaped = _c.CreateLabel(),
            put = _c.CreateLabel(), done = _c.CreateLabel(), over = _c.CreateLabel();
        _c.jmp(over);
        _c.Label(ref _constants);
        foreach (var value in MandelbrotPoint.Constants(left, top, stepX, stepY)) _c.dq(value);
        _c.Label(ref over);
        _c.lea(r8, __[_constants]);
        _c.mov(r13d, ebx);
        _c.imul(r13d, r13d, (int)DemoMap.LineBytes);
        _c.add(r13, (int)DemoMap.Lines);
        _c.Label(ref row);
        _c.mov(r14d, 1);
        _c.@lock.xadd(__dword_ptr[DemoMap.NextRow], r14d);
        _c.cmp(r14d, rows);
        _c.jae(done);
        MandelbrotPoint.Row(_c, r14d);
        _c.xor(edi, edi);
        _c.Label(ref column);
        MandelbrotPoint.Iterate(_c, iterations, escaped);
        _c.mov(al, (sbyte)'@');
        _c.jmp(put);
        _c.Label(ref escaped);
        _c.mov(eax, iterations);
        _c.sub(eax, ecx);
        _c.bsr(eax, eax);
        _c.lea(rdx, __[_palette]);
        _c.mov(al, __byte_ptr[rdx + rax]);
        _c.Label(ref put);
        _c.mov(__byte_ptr[r13 + rdi], al);
        _c.inc(edi);
        _c.cmp(edi, columns);
        _c.jb(column);
        _c.mov(__byte_ptr[r13 + columns], 0);

        Lock(DemoMap.PrintLock);
        _program.Print("row ");
        _c.mov(eax, ebx);
        _c.call(_printHex);
        _program.Print(" ");
        _c.mov(eax, r14d);
        _c.call(_printHex);
        _program.Print(" ");
        _c.mov(rsi, r13);
        _c.call(_print);
        _program.Print("\n");
        Unlock(DemoMap.PrintLock);
        _c.jmp(row);
        _c.Label(ref done);
        _c.nop();
    }

    /// <summary>A plain increment under a spin lock and an atomic one without: both must come out exact.</summary>
    public void ContendForLocks(int rounds)
    {
        Label again = _c.CreateLabel();
        _c.mov(r14d, rounds);
        _c.Label(ref again);
        Lock(DemoMap.SpinLock);
        _c.inc(__dword_ptr[DemoMap.Guarded]);
        Unlock(DemoMap.SpinLock);
        _c.@lock.inc(__dword_ptr[DemoMap.Atomic]);
        _c.dec(r14d);
        _c.jne(again);
        _program.Barrier(DemoMap.Barrier);
        Report("spinlock", () => Difference(DemoMap.Guarded, rounds));
        Report("atomic", () => Difference(DemoMap.Atomic, rounds));
    }

    /// <summary>CPU 0 patches code while the others run it; after a barrier and CPUID they must run the new bytes.</summary>
    public void PatchCode(int rounds)
    {
        Label round = _c.CreateLabel(), reader = _c.CreateLabel(), meet = _c.CreateLabel(), next = _c.CreateLabel(), together = _c.CreateLabel();
        _c.mov(r13d, 1);
        _c.mov(r14d, DemoMap.Patched);
        _c.Label(ref round);
        _program.Barrier(DemoMap.Barrier);
        _c.test(ebx, ebx);
        _c.jne(together);
        _c.mov(__dword_ptr[r14 + 1], -1);
        _c.Label(ref together);
        _program.Barrier(DemoMap.Barrier);
        _c.test(ebx, ebx);
        _c.jne(reader);
        _c.mov(__dword_ptr[r14 + 1], r13d);
        _c.jmp(meet);
        _c.Label(ref reader);
        _c.call(r14);
        _c.Label(ref meet);
        _program.Barrier(DemoMap.Barrier);
        _c.mov(edi, ebx);
        _c.cpuid();
        _c.mov(ebx, edi);
        _c.call(r14);
        _c.cmp(eax, r13d);
        _c.je(next);
        _c.@lock.inc(__dword_ptr[DemoMap.Stale]);
        _c.Label(ref next);
        _c.inc(r13d);
        _c.cmp(r13d, rounds);
        _c.jbe(round);
        _program.Barrier(DemoMap.Barrier);
        Report("patched-code", () => _c.mov(eax, __dword_ptr[DemoMap.Stale]));
    }

    /// <summary>CPU 0 maps the window to the other page and has everybody drop the old translation by an interrupt; all must see the new page.</summary>
    public void RemapPage(int rounds)
    {
        Label round = _c.CreateLabel(), other = _c.CreateLabel(), wait = _c.CreateLabel(), next = _c.CreateLabel(), good = _c.CreateLabel();
        _c.mov(__dword_ptr[DemoMap.Stale], 0);
        _c.xor(r13d, r13d);
        _c.Label(ref round);
        _program.Barrier(DemoMap.Barrier);
        _c.mov(eax, __dword_ptr[DemoMap.Window]);
        _program.Barrier(DemoMap.Barrier);
        _c.test(ebx, ebx);
        _c.jne(next);
        _c.mov(eax, DemoMap.PageB | 3);
        _c.test(r13d, 1);
        _c.je(other);
        _c.mov(eax, DemoMap.PageA | 3);
        _c.Label(ref other);
        _c.mov(__dword_ptr[DemoMap.WindowTable], eax);
        _c.invlpg(__byte_ptr[DemoMap.Window]);
        _c.mov(__dword_ptr[DemoMap.Acknowledged], 1);
        _c.mov(edx, MemoryMap.LocalApic);
        _c.mov(__dword_ptr[rdx + 0x300], 0xc4000 | DemoMap.ShootdownVector);
        _c.Label(ref wait);
        _c.pause();
        _c.cmp(__dword_ptr[DemoMap.Acknowledged], r12d);
        _c.jne(wait);
        _c.Label(ref next);
        _program.Barrier(DemoMap.Barrier);
        _c.mov(ecx, 0xbbbb);
        _c.mov(edx, 0xaaaa);
        _c.test(r13d, 1);
        _c.cmovne(ecx, edx);
        _c.cmp(__dword_ptr[DemoMap.Window], ecx);
        _c.je(good);
        _c.@lock.inc(__dword_ptr[DemoMap.Stale]);
        _c.Label(ref good);
        _c.inc(r13d);
        _c.cmp(r13d, rounds);
        _c.jb(round);
        _program.Barrier(DemoMap.Barrier);
        Report("remapped-page", () => _c.mov(eax, __dword_ptr[DemoMap.Stale]));
    }

    public void Finish()
    {
        Label last = _c.CreateLabel();
        _c.test(ebx, ebx);
        _c.je(last);
        _program.Halt();
        _c.Label(ref last);
        _program.Print("done ");
        _c.mov(eax, __dword_ptr[DemoMap.Failures]);
        _c.call(_printHex);
        _program.Print("\n");
        _c.mov(eax, __dword_ptr[DemoMap.Failures]);
        _program.ExitWithEax();
    }

    // EAX becomes [counter] - rounds * CPUs.
    private void Difference(uint counter, int rounds)
    {
        _c.mov(eax, r12d);
        _c.imul(eax, eax, rounds);
        _c.sub(eax, __dword_ptr[counter]);
    }

    // CPU 0 only; the value leaves EAX zero when the check passed.
    private void Report(string name, Action value)
    {
        Label skip = _c.CreateLabel(), passed = _c.CreateLabel();
        _c.test(ebx, ebx);
        _c.jne(skip);
        _program.Print($"check {name} ");
        value();
        _c.mov(r14d, eax);
        _c.test(eax, eax);
        _c.je(passed);
        _c.inc(__dword_ptr[DemoMap.Failures]);
        _c.Label(ref passed);
        _c.call(_printHex);
        _program.Print("\n");
        _c.Label(ref skip);
        _c.nop();
    }

    private void Lock(uint address)
    {
        Label spin = _c.CreateLabel(), taken = _c.CreateLabel(), look = _c.CreateLabel();
        // Callers put labels before the lock, and no instruction can bear two.
        _c.nop();
        _c.Label(ref spin);
        _c.mov(eax, 1);
        _c.xchg(__dword_ptr[address], eax);
        _c.test(eax, eax);
        _c.je(taken);
        _c.Label(ref look);
        _c.pause();
        _c.cmp(__dword_ptr[address], 0);
        _c.jne(look);
        _c.jmp(spin);
        _c.Label(ref taken);
        _c.nop();
    }

    private void Unlock(uint address) => _c.mov(__dword_ptr[address], 0);

    private void Subroutines()
    {
        Label end = _c.CreateLabel();
        // Text at RSI up to a zero byte.
        _c.Label(ref _print);
        _c.mov(al, __byte_ptr[rsi]);
        _c.test(al, al);
        _c.je(end);
        _program.PrintAl();
        _c.inc(rsi);
        _c.jmp(_print);
        _c.Label(ref end);
        _c.ret();

        _c.Label(ref _printHex);
        _c.mov(eax, eax);
        _program.PrintHex();
        _c.ret();

        _c.Label(ref _shootdown);
        _c.push(rax);
        _c.invlpg(__byte_ptr[DemoMap.Window]);
        _c.@lock.inc(__dword_ptr[DemoMap.Acknowledged]);
        _c.mov(eax, MemoryMap.LocalApic);
        _c.mov(__dword_ptr[rax + 0xb0], 0);
        _c.pop(rax);
        _c.iretq();

        _c.Label(ref _palette);
        _c.db(System.Text.Encoding.ASCII.GetBytes(" .,:;-~=+*oO#%@"));
    }
}
