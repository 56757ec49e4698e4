using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Litmus;

/// <summary>
/// What litmus guests have in common. All CPUs run all of it: EBX is a CPU's number, R12 the number of CPUs, R13 the round (from 1), R15 the barrier's
/// sense; RAX and RCX are clobbered by meeting, the rest is the test's.
/// </summary>
internal sealed class LitmusProgram
{
    private const int MostLaps = 50;

    private readonly GuestProgram _program;
    private readonly bool _mustRelax;

    public LitmusProgram(string name, bool mustRelax = false)
    {
        _program = new GuestProgram(name);
        _mustRelax = mustRelax;
        _program.Main();
        C.cld();
    }

    public Assembler C => _program.C;

    /// <summary>A label may stand anywhere, also beside another one.</summary>
    public void Here(ref Label label)
    {
        C.Label(ref label);
        C.nop();
    }

    public void Meet() => _program.Barrier(LitmusMap.Barrier);

    /// <summary>The first CPU alone runs it, then all meet.</summary>
    public void Once(Action emit)
    {
        OnCpu(0, emit);
        Meet();
    }

    public void OnCpu(int cpu, Action then, Action? otherwise = null)
    {
        C.cmp(ebx, cpu);
        IfElse(c => c.jne, then, otherwise);
    }

    /// <summary>Runs <paramref name="then"/> unless the jump is taken.</summary>
    public void IfElse(Func<Assembler, Action<Label>> jumpOver, Action then, Action? otherwise = null)
    {
        Label other = C.CreateLabel(), end = C.CreateLabel();
        jumpOver(C)(other);
        then();
        if (otherwise is not null) C.jmp(end);
        Here(ref other);
        otherwise?.Invoke();
        Here(ref end);
    }

    /// <summary>
    /// Every CPU repeats it, R13 counting from 1; all meet before each round. Where a relaxed outcome must be seen and was not, because a busy host did not
    /// run two CPUs at once, all rounds are run again, up to <see cref="MostLaps"/> times.
    /// </summary>
    public void Rounds(uint rounds, Action body)
    {
        Label next = C.CreateLabel(), lap = C.CreateLabel(), enough = C.CreateLabel();
        Here(ref lap);
        C.mov(r13d, 1);
        Here(ref next);
        Meet();
        body();
        C.inc(r13d);
        C.cmp(r13d, rounds);
        C.jbe(next);
        Meet();
        if (!_mustRelax) return;
        OnCpu(0, () => C.inc(__dword_ptr[LitmusMap.Laps]));
        Meet();
        C.cmp(__dword_ptr[LitmusMap.Relaxed], 0);
        C.jne(enough);
        C.cmp(__dword_ptr[LitmusMap.Laps], MostLaps);
        C.jb(lap);
        Here(ref enough);
    }

    /// <summary>Repeats it with the register counting down from <paramref name="count"/> to 1.</summary>
    public void Repeat(AssemblerRegister32 counter, uint count, Action body)
    {
        var next = C.CreateLabel();
        C.mov(counter, count);
        Here(ref next);
        body();
        C.dec(counter);
        C.jne(next);
    }

    /// <summary>Spins, with PAUSE, until the comparison that <paramref name="compare"/> emits finds equality.</summary>
    public void SpinUntilEqual(Action compare)
    {
        Label look = C.CreateLabel(), done = C.CreateLabel();
        Here(ref look);
        compare();
        C.je(done);
        C.pause();
        C.jmp(look);
        Here(ref done);
    }

    public void Forbid() => C.@lock.inc(__dword_ptr[LitmusMap.Forbidden]);

    /// <summary>Counts a forbidden outcome unless the flags say equal.</summary>
    public void ForbidUnlessEqual() => IfElse(c => c.je, Forbid);

    public void Relax() => C.@lock.inc(__dword_ptr[LitmusMap.Relaxed]);

    /// <summary>The register becomes the address of this CPU's own area.</summary>
    public void PointToOwnArea(AssemblerRegister64 register)
    {
        C.imul(register, rbx, (int)LitmusMap.PerCpuBytes);
        C.add(register, (int)LitmusMap.PerCpu);
    }

    /// <summary>A gate for 64-bit code at IDT entry <paramref name="vector"/>; by one CPU, before <see cref="LoadInterruptTable"/>. Clobbers RAX.</summary>
    public void Gate(byte vector, Label handler)
    {
        var entry = LitmusMap.InterruptTable + vector * 16u;
        C.lea(rax, __[handler]);
        C.mov(__word_ptr[entry], ax);
        C.mov(__word_ptr[entry + 2], 0x18);
        C.mov(__word_ptr[entry + 4], unchecked((short)0x8e00));
        C.shr(rax, 16);
        C.mov(__dword_ptr[entry + 6], eax);
        C.mov(__word_ptr[LitmusMap.InterruptTablePointer], 0xfff);
        C.mov(__dword_ptr[LitmusMap.InterruptTablePointer + 2], LitmusMap.InterruptTable);
    }

    public void LoadInterruptTable() => C.lidt(__[LitmusMap.InterruptTablePointer]);

    /// <summary>The local APIC accepts interrupts; both PICs are silenced. Clobbers RAX.</summary>
    public void EnableApic()
    {
        C.mov(al, -1);
        C.@out(0x21, al);
        C.@out(0xa1, al);
        C.mov(eax, MemoryMap.LocalApic);
        C.mov(__dword_ptr[rax + 0xf0], 0x1ff);
    }

    /// <summary>End of interrupt. Clobbers RAX.</summary>
    public void EndOfInterrupt()
    {
        C.mov(eax, MemoryMap.LocalApic);
        C.mov(__dword_ptr[rax + 0xb0], 0);
    }

    /// <summary>The low half of the interrupt command, with a destination shorthand or after <see cref="AimAt"/>. Clobbers RDX.</summary>
    public void Command(uint value)
    {
        C.mov(edx, MemoryMap.LocalApic);
        C.mov(__dword_ptr[rdx + 0x300], value);
    }

    /// <summary>The APIC id in EAX becomes the command's destination. Clobbers RAX, RDX.</summary>
    public void AimAt()
    {
        C.shl(eax, 24);
        C.mov(edx, MemoryMap.LocalApic);
        C.mov(__dword_ptr[rdx + 0x310], eax);
    }

    /// <summary>The window's page table comes into force; by one CPU, then <see cref="FlushTlb"/> by all.</summary>
    public void MapWindow() => C.mov(__dword_ptr[LitmusMap.WindowDirectory], LitmusMap.WindowTable | 3);

    /// <summary>Clobbers RAX.</summary>
    public void FlushTlb()
    {
        C.mov(rax, cr3);
        C.mov(cr3, rax);
    }

    /// <summary>Clobbers RAX, RCX, RDX; EBX survives.</summary>
    public void Serialize()
    {
        C.mov(r11d, ebx);
        C.xor(eax, eax);
        C.cpuid();
        C.mov(ebx, r11d);
    }

    /// <summary>Code assembled apart, which must not depend on where it stands, is copied to where RDI points. Clobbers RAX, RCX, RSI, RDI.</summary>
    public void Copy(byte[] code)
    {
        Label bytes = C.CreateLabel(), over = C.CreateLabel();
        C.jmp(over);
        C.Label(ref bytes);
        C.db(code);
        Here(ref over);
        C.lea(rsi, __[bytes]);
        C.mov(ecx, code.Length);
        C.rep.movsb();
    }

    /// <inheritdoc cref="Copy(byte[])"/>
    public void Copy(Action<Assembler> emit)
    {
        var apart = new Assembler(64);
        emit(apart);
        using var stream = new MemoryStream();
        apart.Assemble(new StreamCodeWriter(stream), 0);
        Copy(stream.ToArray());
    }

    public void StoreBytes(uint address, params ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes) C.mov(__byte_ptr[address++], (sbyte)b);
    }

    /// <summary>The guest cannot do what it is for: says why and ends. Any CPU.</summary>
    public void GiveUp(string why)
    {
        _program.Print(why);
        _program.Exit(1);
    }

    /// <summary>Reports and ends.</summary>
    public GuestImage Finish()
    {
        C.cli();
        Meet();
        OnCpu(0, Report, _program.Halt);
        return _program.Build();
    }

    private void Report()
    {
        _program.Print("forbidden ");
        C.mov(eax, __dword_ptr[LitmusMap.Forbidden]);
        _program.PrintHex();
        _program.Print(" relaxed ");
        C.mov(eax, __dword_ptr[LitmusMap.Relaxed]);
        _program.PrintHex();
        _program.Print("\n");
        Label failed = C.CreateLabel();
        C.cmp(__dword_ptr[LitmusMap.Forbidden], 0);
        C.jne(failed);
        if (_mustRelax)
        {
            C.cmp(__dword_ptr[LitmusMap.Relaxed], 0);
            C.je(failed);
        }
        _program.Exit(0);
        Here(ref failed);
        _program.Exit(1);
    }
}
