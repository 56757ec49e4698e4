using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.SelfCheck.Kit;

/// <summary>The monitor in 64-bit mode. Its list is a subroutine at <see cref="CheckMap.LongList"/>.</summary>
internal sealed class LongMonitor : Monitor
{
    public const ulong Cr0 = 0x80010033, Cr4 = 0x620;
    public const uint Efer = 0xc0000080, Star = 0xc0000081, LStar = 0xc0000082, CStar = 0xc0000083, FMask = 0xc0000084, FsBase = 0xc0000100, GsBase = 0xc0000101,
        KernelGsBase = 0xc0000102, SysEnterCs = 0x174, SysEnterEsp = 0x175, SysEnterEip = 0x176, ApicBase = 0x1b;

    public const uint Apic = 0xfee00000;

    private Label _reset, _launch, _compare;

    public LongMonitor(CheckProgram program) : base(program, 64, "long mode: ")
    {
        (_reset, _launch, _compare) = (C.CreateLabel(), C.CreateLabel(), C.CreateLabel());
        var list = C.CreateLabel();
        C.jmp(list);
        C.Label(ref _reset);
        Reset();
        C.Label(ref _launch);
        Kit64.Launch(C);
        C.Label(ref _compare);
        Compare();
        C.Label(ref list);
        C.nop();
    }

    public void Start()
    {
        C.mov(__qword_ptr[CheckMap.LongSp], rsp);
        C.mov(esp, CheckMap.MonitorStack);
        C.call(_reset);
    }

    public void Finish()
    {
        C.call(_reset);
        C.mov(rsp, __qword_ptr[CheckMap.LongSp]);
        C.ret();
    }

    /// <summary>Leaves long mode, has the legacy list run, and returns.</summary>
    public void RunLegacyList()
    {
        var back = C.CreateLabel();
        C.call(_reset);
        C.lea(rax, __[back]);
        C.mov(__dword_ptr[CheckMap.LongReturn], eax);
        C.mov(__word_ptr[CheckMap.LongReturn + 4], Sel.Code64);
        C.push(Sel.Code32);
        C.mov(eax, CheckMap.ToLegacy);
        C.push(rax);
        C.db(0x48, 0xcb);
        C.Label(ref back);
        C.mov(esp, CheckMap.MonitorStack);
    }

    public override void ExpectMemory(string what, uint address, int bytes, ulong value, ulong mask = ulong.MaxValue)
    {
        switch (bytes)
        {
            case 1: C.movzx(eax, __byte_ptr[address]); break;
            case 2: C.movzx(eax, __word_ptr[address]); break;
            case 4: C.mov(eax, __dword_ptr[address]); break;
            default: C.mov(rax, __qword_ptr[address]); break;
        }
        if (mask != ulong.MaxValue)
        {
            C.mov(rbx, mask);
            C.and(rax, rbx);
        }
        C.mov(rbx, value & mask);
        ExpectRax(what);
    }

    /// <summary>RAX must equal RBX.</summary>
    public void ExpectRax(string what)
    {
        C.mov(ecx, Program.Text(what));
        C.call(_compare);
    }

    public void ExpectRax(string what, ulong value)
    {
        C.mov(rbx, value);
        ExpectRax(what);
    }

    public override void Poke(uint address, int bytes, ulong value)
    {
        C.mov(rax, value);
        switch (bytes)
        {
            case 1: C.mov(__byte_ptr[address], al); break;
            case 2: C.mov(__word_ptr[address], ax); break;
            case 4: C.mov(__dword_ptr[address], eax); break;
            default: C.mov(__qword_ptr[address], rax); break;
        }
    }

    public override void Gate(int vector, ushort selector, uint offset, int type = GateType.Interrupt, int dpl = 0, int ist = 0)
    {
        Poke(CheckMap.Idt64 + (uint)vector * 16, 8, Descriptors.Gate(selector, offset, type, dpl, ist));
        Poke(CheckMap.Idt64 + (uint)vector * 16 + 8, 8, 0);
    }

    public void Gate(int vector, Fragment handler, int ist = 0, int dpl = 0) => Gate(vector, Sel.Code64, handler.Linear, dpl: dpl, ist: ist);

    public void SetCr4(ulong bits)
    {
        C.mov(rax, cr4);
        C.mov(rcx, bits);
        C.or(rax, rcx);
        C.mov(cr4, rax);
    }

    public void SetCr0(ulong value)
    {
        C.mov(eax, (uint)value);
        C.mov(cr0, rax);
    }

    public void WriteMsr(uint index, ulong value)
    {
        C.mov(ecx, index);
        C.mov(eax, (uint)value);
        C.mov(edx, (uint)(value >> 32));
        C.wrmsr();
    }

    /// <summary>Into RAX.</summary>
    public void ReadMsr(uint index)
    {
        C.mov(ecx, index);
        C.rdmsr();
        C.shl(rdx, 32);
        C.mov(eax, eax);
        C.or(rax, rdx);
    }

    public void SetDebug(int number, ulong value)
    {
        C.mov(rax, value);
        C.mov(new[] { dr0, dr1, dr2, dr3, dr4, dr5, dr6, dr7 }[number], rax);
    }

    /// <summary>The entry of a page below 2 MiB.</summary>
    public static uint PageEntry(uint page) => CheckMap.Table + (page >> 12) * 8;

    /// <summary>Changes that entry and forgets what was cached of it.</summary>
    public void MapPage(uint page, ulong entry)
    {
        Poke(PageEntry(page), 8, entry);
        C.invlpg(__byte_ptr[page]);
    }

    public void FlushAll()
    {
        C.mov(rax, cr3);
        C.mov(cr3, rax);
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
        // First: breakpoints, or CR4's rules for user pages, may be in the way of what is written next.
        C.xor(eax, eax);
        C.mov(dr7, rax);
        // Both ways over PGE: global pages are forgotten too.
        C.mov(eax, (uint)Cr4 | 0x80);
        C.mov(cr4, rax);
        C.mov(eax, (uint)Cr4);
        C.mov(cr4, rax);
        C.mov(esi, CheckMap.Pristine + CheckMap.Tables - CheckMap.Low);
        C.mov(edi, CheckMap.Tables);
        C.mov(ecx, CheckMap.TablesBytes / 8);
        C.cld();
        C.rep.movsq();
        C.mov(edi, CheckMap.Scratch);
        C.mov(ecx, 512);
        C.xor(eax, eax);
        C.rep.stosq();
        C.lgdt(__[Program.GdtPointer]);
        C.lidt(__[Program.Idt64Pointer]);
        C.mov(eax, (uint)Cr0);
        C.mov(cr0, rax);
        C.mov(eax, CheckMap.Pml4);
        C.mov(cr3, rax);
        WriteMsr(Efer, 0x901);
        C.mov(eax, Sel.Tss64);
        C.ltr(ax);
        C.xor(eax, eax);
        C.lldt(ax);
        C.mov(fs, ax);
        C.mov(gs, ax);
        C.mov(eax, Sel.Data);
        foreach (var segment in (AssemblerRegisterSegment[])[ds, es, ss]) C.mov(segment, ax);
        C.fninit();
        C.push(0x1f80);
        C.ldmxcsr(__dword_ptr[rsp]);
        C.pop(rax);
        C.push(2);
        C.popfq();
        // CS once more, for the boot code has a selector of its own.
        C.pop(rax);
        C.push(Sel.Code64);
        C.push(rax);
        C.db(0x48, 0xcb);
    }

    private void Compare()
    {
        Label bad = C.CreateLabel(), known = C.CreateLabel();
        C.cmp(rax, rbx);
        C.jne(bad);
        C.ret();
        C.Label(ref bad);
        C.mov(edi, __dword_ptr[CheckMap.CurrentResult]);
        C.cmp(__dword_ptr[rdi + 4], 0);
        C.jne(known);
        C.mov(__dword_ptr[rdi + 4], ecx);
        C.mov(__qword_ptr[rdi + 8], rbx);
        C.mov(__qword_ptr[rdi + 16], rax);
        C.Label(ref known);
        C.ret();
    }
}
