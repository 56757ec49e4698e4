using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.SelfCheck.Kit;

/// <summary>The kit's 64-bit half: start a piece of code by IRETQ, and come back from whatever ends it.</summary>
internal static class Kit64
{
    private static readonly (Field Field, AssemblerRegister64 Register)[] Registers =
    [
        (Field.Cx, rcx), (Field.Dx, rdx), (Field.Bx, rbx), (Field.Bp, rbp), (Field.Si, rsi), (Field.Di, rdi),
    ];

    /// <summary>Vectors that push an error code (SDM 3A table 6-1).</summary>
    public static bool HasErrorCode(uint vector) => vector is Vec.Df or (>= Vec.Ts and <= Vec.Pf) or Vec.Ac or 21;

    public static void Put(MemoryImage low)
    {
        for (uint vector = 0; vector < CheckMap.Vectors; vector++)
        {
            low.Assemble(64, CheckMap.Stubs64 + vector * CheckMap.StubBytes, CheckMap.StubBytes, c =>
            {
                if (!HasErrorCode(vector)) c.push(0);
                c.push((sbyte)vector);
                c.jmp(CheckMap.Kit64);
            });
        }
        low.Assemble(64, CheckMap.Kit64, 0x400, Arrive);
    }

    /// <summary>Where the registers of <see cref="Launch"/> come from: RSI.</summary>
    private static AssemblerMemoryOperand From(StartField field) => __qword_ptr[rsi + (int)field * 8];

    /// <summary>Called by the monitor with the address of the start state in RSI; returns when an event came.</summary>
    public static void Launch(Assembler c)
    {
        c.mov(__qword_ptr[CheckMap.MonitorSp], rsp);
        c.mov(eax, 0xffff0ff0);
        c.mov(dr6, rax);
        c.xor(eax, eax);
        c.mov(cr2, rax);
        c.mov(edi, CheckMap.Event);
        c.mov(ecx, Fields.Count);
        c.rep.stosq();
        c.mov(__dword_ptr[Fields.At(Field.Vector)], 0x1ff);
        c.mov(rax, From(StartField.Ds));
        c.mov(ds, ax);
        c.mov(es, ax);
        c.push(From(StartField.Ss));
        c.push(From(StartField.Sp));
        c.push(From(StartField.Flags));
        c.push(From(StartField.Cs));
        c.push(From(StartField.Ip));
        c.mov(rax, From(StartField.Ax));
        c.mov(rcx, From(StartField.Cx));
        c.mov(rdx, From(StartField.Dx));
        c.mov(rbx, From(StartField.Bx));
        c.mov(rbp, From(StartField.Bp));
        c.mov(rdi, From(StartField.Di));
        c.mov(rsi, From(StartField.Si));
        c.iretq();
    }

    // On the stack: vector, error code, RIP, CS, RFLAGS, RSP, SS.
    private static void Arrive(Assembler c)
    {
        c.mov(__qword_ptr[Fields.At(Field.Ax)], rax);
        foreach (var (field, register) in Registers) c.mov(__qword_ptr[Fields.At(field)], register);
        c.mov(eax, ds);
        c.mov(__dword_ptr[Fields.At(Field.Ds)], eax);
        c.pushfq();
        c.pop(__qword_ptr[Fields.At(Field.HandlerFlags)]);
        var to = new[] { Field.Vector, Field.Error, Field.Rip, Field.Cs, Field.Flags, Field.Sp, Field.Ss };
        for (var i = 0; i < to.Length; i++)
        {
            c.mov(rax, __qword_ptr[rsp + i * 8]);
            c.mov(__qword_ptr[Fields.At(to[i])], rax);
        }
        c.lea(rax, __[rsp + 16]);
        c.mov(__qword_ptr[Fields.At(Field.HandlerSp)], rax);
        c.mov(eax, cs);
        c.mov(__dword_ptr[Fields.At(Field.HandlerCs)], eax);
        c.mov(eax, ss);
        c.mov(__dword_ptr[Fields.At(Field.HandlerSs)], eax);
        c.mov(rax, cr2);
        c.mov(__qword_ptr[Fields.At(Field.Cr2)], rax);
        c.mov(rax, dr6);
        c.mov(__qword_ptr[Fields.At(Field.Dr6)], rax);
        c.mov(eax, Sel.Data);
        c.mov(ds, ax);
        c.mov(es, ax);
        c.mov(ss, ax);
        c.cld();
        c.mov(rsp, __qword_ptr[CheckMap.MonitorSp]);
        c.ret();
    }
}
