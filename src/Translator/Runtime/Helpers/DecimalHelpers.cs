using System.Numerics;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>The decimal adjustments of 16- and 32-bit code, by opcode byte (SDM 2A).</summary>
internal static unsafe class DecimalHelpers
{
    internal static readonly HelperRow[] Rows = [new(HelperId.Decimal, &Decimal)];

    private static ulong Decimal(Cpu cpu, ulong opcode, ulong immediate, ulong c)
    {
        switch (opcode)
        {
            case 0x27: AdjustPacked(cpu, 1); break;
            case 0x2f: AdjustPacked(cpu, -1); break;
            case 0x37: AdjustUnpacked(cpu, 1); break;
            case 0x3f: AdjustUnpacked(cpu, -1); break;
            case 0xd4: AfterMultiply(cpu, (byte)immediate); break;
            default: BeforeDivide(cpu, (byte)immediate); break;
        }
        return 0;
    }

    // DAA and DAS: the second correction looks at AL and CF as they were.
    private static void AdjustPacked(Cpu cpu, int sign)
    {
        var al = (byte)cpu.State->Gpr[0];
        var old = al;
        var flags = cpu.Eflags;
        var carried = (flags & Eflag.Cf) != 0;
        var result = 0u;
        if ((al & 15) > 9 || (flags & Eflag.Af) != 0)
        {
            // DAS alone may borrow here.
            if (sign < 0 && (carried || al < 6)) result |= Eflag.Cf;
            al = (byte)(al + 6 * sign);
            result |= Eflag.Af;
        }
        if (old > 0x99 || carried)
        {
            al = (byte)(al + 0x60 * sign);
            result |= Eflag.Cf;
        }
        SetAl(cpu, al);
        SetResultFlags(cpu, al, result);
    }

    // AAA and AAS: AX moves as a whole.
    private static void AdjustUnpacked(Cpu cpu, int sign)
    {
        var ax = (ushort)cpu.State->Gpr[0];
        var result = 0u;
        if ((ax & 15) > 9 || (cpu.Eflags & Eflag.Af) != 0)
        {
            ax = (ushort)(ax + (0x106 * sign));
            result = Eflag.Af | Eflag.Cf;
        }
        SetAx(cpu, (ushort)(ax & 0xff0f));
        SetResultFlags(cpu, (byte)(ax & 15), result);
    }

    private static void AfterMultiply(Cpu cpu, byte radix)
    {
        if (radix == 0)
        {
            cpu.Raise(ExceptionVector.Divide);
            return;
        }
        var al = (byte)cpu.State->Gpr[0];
        SetAx(cpu, (ushort)(al / radix << 8 | al % radix));
        SetResultFlags(cpu, (byte)(al % radix), 0);
    }

    private static void BeforeDivide(Cpu cpu, byte radix)
    {
        var ax = (ushort)cpu.State->Gpr[0];
        var al = (byte)((ax & 0xff) + (ax >> 8) * radix);
        SetAx(cpu, al);
        SetResultFlags(cpu, al, 0);
    }

    private static void SetAl(Cpu cpu, byte value) => cpu.State->Gpr[0] = (cpu.State->Gpr[0] & ~0xffUL) | value;

    private static void SetAx(Cpu cpu, ushort value) => cpu.State->Gpr[0] = (cpu.State->Gpr[0] & ~0xffffUL) | value;

    private static void SetResultFlags(Cpu cpu, byte value, uint carries)
    {
        var flags = carries;
        if (value == 0) flags |= Eflag.Zf;
        if ((value & 0x80) != 0) flags |= Eflag.Sf;
        if ((BitOperations.PopCount(value) & 1) == 0) flags |= Eflag.Pf;
        cpu.SetEflags(flags, Eflag.Arithmetic);
    }
}
