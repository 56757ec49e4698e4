using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.SelfCheck.Kit;

/// <summary>The monitor in 32-bit protected mode, which also starts real and virtual-8086 code. Its list is a subroutine at <see cref="CheckMap.LegacyList"/>.</summary>
internal sealed class LegacyMonitor : Monitor
{
    public const uint Cr0 = 0x33, Cr4 = 0x600;

    private Label _reset, _launch, _launchReal, _compare;

    public LegacyMonitor(CheckProgram program) : base(program, 32, "legacy: ")
    {
        (_reset, _launch, _launchReal, _compare) = (C.CreateLabel(), C.CreateLabel(), C.CreateLabel(), C.CreateLabel());
        var list = C.CreateLabel();
        C.jmp(list);
        C.Label(ref _reset);
        Reset();
        C.Label(ref _launch);
        Kit32.Launch(C);
        C.Label(ref _launchReal);
        Kit16.Launch(C);
        C.Label(ref _compare);
        Compare();
        C.Label(ref list);
        C.nop();
    }

    public void Finish()
    {
        C.call(_reset);
        C.ret();
    }

    public void RunReal(Fragment code, Start start)
    {
        C.mov(esi, Program.Words(start.Words(code.Start)));
        C.call(_launchReal);
    }

    protected override void Execute(Fragment code, Start start)
    {
        if (start.IsReal) RunReal(code, start);
        else Run(code, start);
    }

    public override void ExpectMemory(string what, uint address, int bytes, ulong value, ulong mask = ulong.MaxValue)
    {
        switch (bytes)
        {
            case 1: C.movzx(eax, __byte_ptr[address]); break;
            case 2: C.movzx(eax, __word_ptr[address]); break;
            default: C.mov(eax, __dword_ptr[address]); break;
        }
        if ((uint)mask != uint.MaxValue) C.and(eax, (uint)mask);
        ExpectEax(what, (uint)(value & mask));
    }

    public void ExpectEax(string what, uint value)
    {
        C.mov(ebx, value);
        C.mov(ecx, Program.Text(what));
        C.call(_compare);
    }

    public override void Poke(uint address, int bytes, ulong value)
    {
        C.mov(eax, (uint)value);
        switch (bytes)
        {
            case 1: C.mov(__byte_ptr[address], al); break;
            case 2: C.mov(__word_ptr[address], ax); break;
            default: C.mov(__dword_ptr[address], eax); break;
        }
        if (bytes == 8) Poke(address + 4, 4, value >> 32);
    }

    public override void Gate(int vector, ushort selector, uint offset, int type = GateType.Interrupt, int dpl = 0, int ist = 0) =>
        Poke(CheckMap.Idt32 + (uint)vector * 8, 8, Descriptors.Gate(selector, offset, type, dpl));

    public void Gate(int vector, Fragment handler) => Gate(vector, Sel.Code32, handler.Linear);

    public void SetCr4(uint bits)
    {
        C.mov(eax, cr4);
        C.or(eax, bits);
        C.mov(cr4, eax);
    }

    public void SetCr0(uint value)
    {
        C.mov(eax, value);
        C.mov(cr0, eax);
    }

    public void EnablePaging(uint directory, uint extraCr0 = 0)
    {
        C.mov(eax, directory);
        C.mov(cr3, eax);
        SetCr0(Cr0 | 0x80010000 | extraCr0);
    }

    /// <summary>A flat 32-bit task.</summary>
    /// <param name="words">In pairs: offsets in the TSS and what stands there, in place of the usual.</param>
    public void Task(uint tss, uint eip, uint esp, params ReadOnlySpan<uint> words)
    {
        Poke(tss + 0x20, 4, eip);
        Poke(tss + 0x24, 4, Ef.Fixed);
        Poke(tss + 0x38, 4, esp);
        Poke(tss + 0x48, 4, Sel.Data);
        Poke(tss + 0x4c, 4, Sel.Code32);
        foreach (var offset in (uint[])[0x50, 0x54]) Poke(tss + offset, 4, Sel.Data);
        Poke(tss + 0x66, 2, 0x68);
        for (var i = 0; i < words.Length; i += 2) Poke(tss + words[i], 4, words[i + 1]);
    }

    protected override void Begin(CheckEntry entry, Label go, ReadOnlySpan<CpuidBit> needs)
    {
        C.mov(__dword_ptr[CheckMap.CurrentResult], entry.Result);
        C.call(_reset);
        SkipUnless(entry, needs);
    }

    protected override void Launch(uint start)
    {
        C.mov(esi, start);
        C.call(_launch);
    }

    private void Reset()
    {
        // First: breakpoints may watch what is written next.
        C.xor(eax, eax);
        C.mov(dr7, eax);
        SetCr0(Cr0);
        C.mov(esi, CheckMap.Pristine + CheckMap.Tables - CheckMap.Low);
        C.mov(edi, CheckMap.Tables);
        C.mov(ecx, CheckMap.TablesBytes / 4);
        C.cld();
        C.rep.movsd();
        C.mov(edi, CheckMap.Scratch);
        C.mov(ecx, 1024);
        C.xor(eax, eax);
        C.rep.stosd();
        C.mov(cr3, eax);
        C.mov(eax, Cr4);
        C.mov(cr4, eax);
        C.lgdt(__[Program.GdtPointer]);
        C.lidt(__[Program.Idt32Pointer]);
        C.mov(eax, Sel.Tss32);
        C.ltr(ax);
        C.xor(eax, eax);
        C.lldt(ax);
        C.mov(fs, ax);
        C.mov(gs, ax);
        C.mov(eax, Sel.Data);
        foreach (var segment in (AssemblerRegisterSegment[])[ds, es, ss]) C.mov(segment, ax);
        C.fninit();
        C.push(2);
        C.popfd();
        C.ret();
    }

    private void Compare()
    {
        Label bad = C.CreateLabel(), known = C.CreateLabel();
        C.cmp(eax, ebx);
        C.jne(bad);
        C.ret();
        C.Label(ref bad);
        C.mov(edi, __dword_ptr[CheckMap.CurrentResult]);
        C.cmp(__dword_ptr[edi + 4], 0);
        C.jne(known);
        C.mov(__dword_ptr[edi + 4], ecx);
        C.mov(__dword_ptr[edi + 8], ebx);
        C.mov(__dword_ptr[edi + 16], eax);
        C.Label(ref known);
        C.ret();
    }
}
