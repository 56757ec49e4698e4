using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>
/// Between MMX and vector registers. Conversions are the vector ones, done in XMM0 while its value waits in temporaries: the IR has no vector
/// temporaries, and nobody is in a hurry here.
/// </summary>
internal static class MmxConvert
{
    private const Register Scratch = Register.XMM0;

    public static bool TryLift(Lifting at)
    {
        LiftAction? lift = at.Instruction.Mnemonic switch
        {
            Mnemonic.Movq2dq => MoveToVector,
            Mnemonic.Movdq2q => it => Mmx.Write(it, it.RegisterOf(0), Half(it, it.RegisterOf(1), 0)),
            Mnemonic.Cvtpi2ps => ToSingles,
            Mnemonic.Cvtpi2pd => ToDoubles,
            Mnemonic.Cvtps2pi => it => ToIntegers(it, Code.Cvtps2dq_xmm_xmmm128, wide: false),
            Mnemonic.Cvttps2pi => it => ToIntegers(it, Code.Cvttps2dq_xmm_xmmm128, wide: false),
            Mnemonic.Cvtpd2pi => it => ToIntegers(it, Code.Cvtpd2dq_xmm_xmmm128, wide: true),
            Mnemonic.Cvttpd2pi => it => ToIntegers(it, Code.Cvttpd2dq_xmm_xmmm128, wide: true),
            _ => null,
        };
        if (lift is null) return false;
        if (Simd.Available(at)) lift(at);
        return true;
    }

    private static void MoveToVector(Lifting at)
    {
        SetHalf(at, at.RegisterOf(0), 0, Mmx.Value(at, 1));
        SetHalf(at, at.RegisterOf(0), 1, at.Constant(0));
    }

    private static void ToSingles(Lifting at)
    {
        var (low, _) = Convert(at, Code.Cvtdq2ps_xmm_xmmm128, Mmx.Value(at, 1), at.Constant(0));
        SetHalf(at, at.RegisterOf(0), 0, low);
    }

    private static void ToDoubles(Lifting at)
    {
        var (low, high) = Convert(at, Code.Cvtdq2pd_xmm_xmmm64, Mmx.Value(at, 1), at.Constant(0));
        SetHalf(at, at.RegisterOf(0), 0, low);
        SetHalf(at, at.RegisterOf(0), 1, high);
    }

    private static void ToIntegers(Lifting at, Code convert, bool wide)
    {
        var (low, high) = Source(at, wide);
        var (result, _) = Convert(at, convert, low, wide ? high : at.Constant(0));
        Mmx.Write(at, at.RegisterOf(0), result);
    }

    private static (Operand Low, Operand High) Source(Lifting at, bool wide)
    {
        if (!at.IsMemory(1)) return (Half(at, at.RegisterOf(1), 0), wide ? Half(at, at.RegisterOf(1), 1) : Operand.None);
        var memory = at.At(at.MemoryOperand() with { Alignment = (byte)(wide ? 16 : 0) }, wide ? 16 : 8, write: false);
        var low = at.Load(memory, OpSize.B64);
        if (!wide) return (low, Operand.None);
        var upper = at.Block.Addresses[memory] with { Alignment = 0 };
        upper.Displacement += 8;
        return (low, at.Load(at.Block.Address(upper), OpSize.B64));
    }

    private static (Operand Low, Operand High) Convert(Lifting at, Code convert, Operand low, Operand high)
    {
        Operand keptLow = Half(at, Scratch, 0), keptHigh = Half(at, Scratch, 1);
        SetHalf(at, Scratch, 0, low);
        SetHalf(at, Scratch, 1, high);
        Simd.Made(at, Instruction.Create(convert, Scratch, Scratch), OpSize.B128, Operand.None, Operand.None);
        Operand resultLow = Half(at, Scratch, 0), resultHigh = Half(at, Scratch, 1);
        SetHalf(at, Scratch, 0, keptLow);
        SetHalf(at, Scratch, 1, keptHigh);
        return (resultLow, resultHigh);
    }

    private static Operand Half(Lifting at, Register vector, int half)
    {
        var value = at.Temp();
        Simd.Made(at, Instruction.Create(Code.Pextrq_rm64_xmm_imm8, Register.RAX, vector, half), OpSize.B64, value, Operand.None);
        return value;
    }

    private static void SetHalf(Lifting at, Register vector, int half, Operand value) =>
        Simd.Made(at, Instruction.Create(Code.Pinsrq_xmm_rm64_imm8, vector, Register.RAX, half), OpSize.B64, Operand.None, value);
}
