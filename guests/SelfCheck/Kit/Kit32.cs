using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.SelfCheck.Kit;

/// <summary>The kit's 32-bit half: protected and virtual-8086 mode by IRETD, and the ways from and to long mode.</summary>
internal static class Kit32
{
    private const uint Cr0Paging = 0x80000000, Cr4Pae = 0x20, Efer = 0xc0000080, LongModeEnable = 0x100;

    private static readonly (Field Field, AssemblerRegister32 Register)[] Registers =
    [
        (Field.Cx, ecx), (Field.Dx, edx), (Field.Bx, ebx), (Field.Bp, ebp), (Field.Si, esi), (Field.Di, edi),
    ];

    public static void Put(MemoryImage low)
    {
        for (uint vector = 0; vector < CheckMap.Vectors; vector++)
        {
            low.Assemble(32, CheckMap.Stubs32 + vector * CheckMap.StubBytes, CheckMap.StubBytes, c =>
            {
                if (!Kit64.HasErrorCode(vector)) c.push(0);
                c.push((sbyte)vector);
                c.jmp(CheckMap.Kit32);
            });
        }
        low.Assemble(32, CheckMap.Kit32, 0x400, Arrive);
        low.Assemble(32, CheckMap.ToLegacy, 0x400, FromLong);
    }

    private static AssemblerMemoryOperand From(StartField field) => __dword_ptr.cs[esi + (int)field * 8];

    /// <summary>Called with the address of the start state in ESI; returns when an event came.</summary>
    public static void Launch(Assembler c)
    {
        Label kernel = c.CreateLabel(), common = c.CreateLabel(), virtual8086 = c.CreateLabel();
        ClearEvent(c);
        c.mov(eax, 0xffff0ff0);
        c.mov(dr6, eax);
        c.test(From(StartField.Flags), (int)Ef.Vm);
        c.jne(virtual8086);
        c.mov(eax, From(StartField.Fs));
        c.mov(fs, ax);
        c.mov(eax, From(StartField.Gs));
        c.mov(gs, ax);
        c.test(__byte_ptr.cs[esi + (int)StartField.Cs * 8], 3);
        c.je(kernel);
        c.push(From(StartField.Ss));
        c.push(From(StartField.Sp));
        c.jmp(common);
        c.Label(ref virtual8086);
        foreach (var field in (StartField[])[StartField.Gs, StartField.Fs, StartField.Ds, StartField.Ds, StartField.Ss, StartField.Sp]) c.push(From(field));
        Frame(c);
        General(c);
        c.iretd();
        c.Label(ref kernel);
        c.mov(eax, From(StartField.Ss));
        c.mov(edx, From(StartField.Sp));
        c.mov(ss, ax);
        c.mov(esp, edx);
        c.Label(ref common);
        Frame(c);
        c.mov(eax, From(StartField.Ds));
        c.mov(ds, ax);
        c.mov(es, ax);
        General(c);
        c.iretd();
    }

    public static void ClearEvent(Assembler c)
    {
        c.mov(__dword_ptr[CheckMap.MonitorSp], esp);
        c.xor(eax, eax);
        c.mov(cr2, eax);
        c.mov(edi, CheckMap.Event);
        c.mov(ecx, Fields.Count * 2);
        c.rep.stosd();
        c.mov(__dword_ptr[Fields.At(Field.Vector)], 0x1ff);
    }

    private static void Frame(Assembler c)
    {
        foreach (var field in (StartField[])[StartField.Flags, StartField.Cs, StartField.Ip]) c.push(From(field));
    }

    public static void General(Assembler c)
    {
        c.mov(eax, From(StartField.Ax));
        c.mov(ecx, From(StartField.Cx));
        c.mov(edx, From(StartField.Dx));
        c.mov(ebx, From(StartField.Bx));
        c.mov(ebp, From(StartField.Bp));
        c.mov(edi, From(StartField.Di));
        c.mov(esi, From(StartField.Si));
    }

    // On the stack: vector, error code, EIP, CS, EFLAGS; from an outer level ESP and SS; from V8086 mode ES, DS, FS and GS too.
    private static void Arrive(Assembler c)
    {
        Label same = c.CreateLabel(), outer = c.CreateLabel(), done = c.CreateLabel();
        c.push(ds);
        c.push(eax);
        c.mov(eax, Sel.Data);
        c.mov(ds, ax);
        foreach (var (field, register) in Registers) c.mov(__dword_ptr[Fields.At(field)], register);
        c.pop(__dword_ptr[Fields.At(Field.Ax)]);
        c.pop(eax);
        c.movzx(eax, ax);
        c.mov(__dword_ptr[Fields.At(Field.Ds)], eax);
        c.pushfd();
        c.pop(__dword_ptr[Fields.At(Field.HandlerFlags)]);
        Take(c, 0, Field.Vector, Field.Error, Field.Rip, Field.Cs, Field.Flags);
        c.lea(eax, __[esp + 8]);
        c.mov(__dword_ptr[Fields.At(Field.HandlerSp)], eax);
        foreach (var (field, register) in ((Field, AssemblerRegisterSegment)[])[(Field.HandlerCs, cs), (Field.HandlerSs, ss)])
        {
            c.mov(eax, register);
            c.mov(__dword_ptr[Fields.At(field)], eax);
        }
        c.str(eax);
        c.movzx(eax, ax);
        c.mov(__dword_ptr[Fields.At(Field.Tr)], eax);
        c.test(__dword_ptr[Fields.At(Field.Flags)], (int)Ef.Vm);
        c.je(same);
        Take(c, 20, Field.Sp, Field.Ss, Field.Es, Field.Ds, Field.Fs, Field.Gs);
        c.jmp(done);
        c.Label(ref same);
        c.test(__byte_ptr[Fields.At(Field.Cs)], 3);
        c.jne(outer);
        c.lea(eax, __[esp + 20]);
        c.mov(__dword_ptr[Fields.At(Field.Sp)], eax);
        c.jmp(done);
        c.Label(ref outer);
        Take(c, 20, Field.Sp, Field.Ss);
        c.Label(ref done);
        Finish(c);
    }

    private static void Take(Assembler c, int offset, params Field[] fields)
    {
        foreach (var field in fields)
        {
            c.mov(eax, __dword_ptr[esp + offset]);
            c.mov(__dword_ptr[Fields.At(field)], eax);
            offset += 4;
        }
    }

    /// <summary>The rest of an arrival, with DS flat already: back to the monitor.</summary>
    public static void Finish(Assembler c)
    {
        c.mov(eax, cr2);
        c.mov(__dword_ptr[Fields.At(Field.Cr2)], eax);
        c.mov(eax, dr6);
        c.mov(__dword_ptr[Fields.At(Field.Dr6)], eax);
        c.mov(eax, Sel.Data);
        c.mov(es, ax);
        c.mov(ss, ax);
        c.xor(eax, eax);
        c.mov(fs, ax);
        c.mov(gs, ax);
        c.cld();
        c.mov(esp, __dword_ptr[CheckMap.MonitorSp]);
        c.ret();
    }

    // Compatibility code: leaves long mode, runs the legacy list, and comes back to [LongReturn] in 64-bit code.
    private static void FromLong(Assembler c)
    {
        c.mov(eax, Sel.Data);
        foreach (var segment in (AssemblerRegisterSegment[])[ds, es, ss]) c.mov(segment, ax);
        c.mov(eax, cr0);
        c.and(eax, int.MaxValue);
        c.mov(cr0, eax);
        c.mov(ecx, Efer);
        c.rdmsr();
        c.and(eax, ~(int)LongModeEnable);
        c.wrmsr();
        c.mov(esp, CheckMap.MonitorStack);
        c.call(CheckMap.LegacyList);
        c.mov(eax, cr0);
        c.and(eax, int.MaxValue);
        c.mov(cr0, eax);
        c.mov(eax, Cr4Pae | 0x600);
        c.mov(cr4, eax);
        c.mov(eax, CheckMap.Pml4);
        c.mov(cr3, eax);
        c.mov(ecx, Efer);
        c.rdmsr();
        c.or(eax, (int)LongModeEnable);
        c.wrmsr();
        c.mov(eax, cr0);
        c.or(eax, unchecked((int)Cr0Paging));
        c.mov(cr0, eax);
        c.jmp(__fword_ptr[CheckMap.LongReturn]);
    }
}
