using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.SelfCheck.Kit;

/// <summary>The kit's real-mode part: from 32-bit protected mode into real mode, and back from whatever ends the piece of code.</summary>
internal static class Kit16
{
    // What is read in real mode lies in the segment of the event record.
    private const uint State = CheckMap.Event + 0x100, IvtPointer = CheckMap.Event + 0x1f0, Return = CheckMap.Kit16 + 0x200;

    public static void Put(MemoryImage low)
    {
        for (uint vector = 0; vector < CheckMap.Vectors; vector++)
        {
            low.Assemble(16, CheckMap.Stubs16 + vector * CheckMap.StubBytes, CheckMap.StubBytes, c =>
            {
                c.push((sbyte)vector);
                c.jmp(CheckMap.Kit16 - CheckMap.Stubs16);
            }, origin: CheckMap.Stubs16);
        }
        low.Assemble(16, CheckMap.Kit16, 0x400, Arrive, origin: CheckMap.Stubs16);
        low.Assemble(16, CheckMap.ToReal, 0x400, Enter, origin: CheckMap.KitSegment);
        low.Put2(IvtPointer, CheckMap.Vectors * 4 - 1);
        low.Put4(IvtPointer + 2, CheckMap.Ivt);
    }

    /// <summary>32-bit code, called with the address of the start state in ESI; returns when an event came.</summary>
    public static void Launch(Assembler c)
    {
        Kit32.ClearEvent(c);
        c.mov(eax, 0xffff0ff0);
        c.mov(dr6, eax);
        c.mov(edi, State);
        c.mov(ecx, Enum.GetValues<StartField>().Length * 2);
        c.rep.movsd();
        c.mov(eax, Sel.KitData16);
        foreach (var segment in (AssemblerRegisterSegment[])[ds, es, fs, gs, ss]) c.mov(segment, ax);
        c.db(0xea);
        c.dd(CheckMap.ToReal - CheckMap.KitSegment);
        c.dw(Sel.KitCode16);
    }

    private static AssemblerMemoryOperand Word(StartField field) => __word_ptr[State - CheckMap.KitSegment + (uint)field * 8];

    private static AssemblerMemoryOperand Double(StartField field) => __dword_ptr[State - CheckMap.KitSegment + (uint)field * 8];

    // 16-bit protected mode; from the far jump on in real mode.
    private static void Enter(Assembler c)
    {
        c.mov(eax, cr0);
        c.and(al, unchecked((sbyte)0xfe));
        c.mov(cr0, eax);
        // A far jump behind itself, so that CS becomes a paragraph: 8 bytes before it, 5 of its own.
        c.db(0xea);
        c.dw((ushort)(CheckMap.ToReal - CheckMap.KitSegment + 13));
        c.dw((ushort)(CheckMap.KitSegment >> 4));
        c.mov(ax, (ushort)(CheckMap.KitSegment >> 4));
        c.mov(ds, ax);
        c.lidt(__[IvtPointer - CheckMap.KitSegment]);
        c.mov(ax, Word(StartField.Ss));
        c.mov(ss, ax);
        c.mov(esp, Double(StartField.Sp));
        foreach (var field in (StartField[])[StartField.Flags, StartField.Cs, StartField.Ip]) c.push(Word(field));
        c.mov(eax, Double(StartField.Ax));
        c.mov(ecx, Double(StartField.Cx));
        c.mov(edx, Double(StartField.Dx));
        c.mov(ebx, Double(StartField.Bx));
        c.mov(ebp, Double(StartField.Bp));
        c.mov(edi, Double(StartField.Di));
        c.mov(esi, Double(StartField.Si));
        c.push(Word(StartField.Fs));
        c.pop(fs);
        c.push(Word(StartField.Gs));
        c.pop(gs);
        c.push(Word(StartField.Ds));
        c.push(Word(StartField.Ds));
        c.pop(es);
        c.pop(ds);
        c.iret();
    }

    private static AssemblerMemoryOperand At16(Field field) => __word_ptr[(uint)field * 8];

    private static AssemblerMemoryOperand At32(Field field) => __dword_ptr[(uint)field * 8];

    // On the stack: vector, IP, CS, FLAGS.
    private static void Arrive(Assembler c)
    {
        c.push(ds);
        c.push(ax);
        c.mov(ax, (ushort)(CheckMap.Event >> 4));
        c.mov(ds, ax);
        c.pop(ax);
        c.mov(At32(Field.Ax), eax);
        c.pop(At16(Field.Ds));
        c.pushf();
        c.pop(At16(Field.HandlerFlags));
        c.mov(At32(Field.Cx), ecx);
        c.mov(At32(Field.Dx), edx);
        c.mov(At32(Field.Bx), ebx);
        c.mov(At32(Field.Bp), ebp);
        c.mov(At32(Field.Si), esi);
        c.mov(At32(Field.Di), edi);
        foreach (var field in (Field[])[Field.Vector, Field.Rip, Field.Cs, Field.Flags]) c.pop(At16(field));
        c.mov(At32(Field.Sp), esp);
        c.mov(At16(Field.Ss), ss);
        c.mov(At16(Field.Es), es);
        c.mov(eax, cr0);
        c.or(al, 1);
        c.mov(cr0, eax);
        c.db(0x66, 0xea);
        c.dd(Return);
        c.dw(Sel.Code32);
    }

    /// <summary>Where <see cref="Arrive"/> goes on in 32-bit protected mode.</summary>
    public static void PutReturn(MemoryImage low, uint idtPointer) => low.Assemble(32, Return, 0x200, c =>
    {
        c.mov(eax, Sel.Data);
        c.mov(ds, ax);
        c.lidt(__[idtPointer]);
        Kit32.Finish(c);
    });
}
