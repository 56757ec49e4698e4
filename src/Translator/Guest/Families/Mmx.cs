using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>
/// MMX: rare enough for one helper that computes on the registers; memory and general operands are loaded and stored here. Most mnemonics are
/// shared with SSE, whose rows come here when they meet an MMX register.
/// </summary>
internal static class Mmx
{
    public static readonly LiftRow[] Rows =
    [
        new(Mnemonic.Pshufw,   Lift),
        new(Mnemonic.Movntq,   Lift),
        new(Mnemonic.Maskmovq, MaskedStore),
        new(Mnemonic.Emms,     Empty),
    ];

    /// <summary>An operand is an MMX register, or the instruction enters MMX mode without one.</summary>
    public static bool Concerns(in Instruction instruction)
    {
        if (instruction.Mnemonic is Mnemonic.Cvtpi2ps or Mnemonic.Cvtpi2pd) return true;
        for (var operand = 0; operand < instruction.OpCount; operand++)
            if (instruction.GetOpKind(operand) == OpKind.Register && instruction.GetOpRegister(operand).IsMM()) return true;
        return false;
    }

    public static void Lift(Lifting at)
    {
        if (!Available(at)) return;
        if (MmxConvert.TryLift(at)) return;
        if (at.IsRegister(0) && at.RegisterOf(0).IsMM()) ToRegister(at);
        else FromRegister(at);
    }

    /// <summary>The value of an MMX register.</summary>
    public static Operand Read(Lifting at, Register register) =>
        at.Call(HelperId.Mmx, at.Constant(new MmxCall(Mnemonic.Movq, -1, register - Register.MM0, 0).Raw));

    public static void Write(Lifting at, Register register, Operand value) =>
        at.Invoke(HelperId.Mmx, at.Constant(new MmxCall(Mnemonic.Movq, register - Register.MM0, -1, 0).Raw), value);

    /// <summary>An operand's value, zero-extended to 64 bits.</summary>
    public static Operand Value(Lifting at, int operand)
    {
        if (at.IsRegister(operand) && at.RegisterOf(operand).IsMM()) return Read(at, at.RegisterOf(operand));
        if (!at.IsRegister(operand) && !at.IsMemory(operand)) return at.Constant(at.Instruction.GetImmediate(operand) & 0xff);
        var size = at.SizeOf(operand);
        return at.ZeroExtend(at.Read(operand, size), size);
    }

    private static bool Available(Lifting at)
    {
        if (at.Has(TbFlags.Emulate)) at.RaiseUndefined();
        else if (at.Has(TbFlags.TaskSwitched)) at.RaiseAndEnd(Vector.DeviceNotAvailable, null);
        else return true;
        return false;
    }

    private static void ToRegister(Lifting at)
    {
        var fromRegister = at.IsRegister(1) && at.RegisterOf(1).IsMM();
        var call = new MmxCall(
            at.Instruction.Mnemonic,
            at.RegisterOf(0) - Register.MM0,
            fromRegister ? at.RegisterOf(1) - Register.MM0 : -1,
            Immediate(at));
        at.Invoke(HelperId.Mmx, at.Constant(call.Raw), fromRegister ? Operand.None : Value(at, 1));
    }

    private static void FromRegister(Lifting at)
    {
        var size = at.SizeOf(0);
        var call = new MmxCall(at.Instruction.Mnemonic, -1, at.RegisterOf(1) - Register.MM0, Immediate(at));
        if (at.IsMemory(0))
        {
            var memory = at.Memory(Lifting.BytesOf(size), write: true);
            at.ProbeWrite(memory, size);
            at.Store(memory, size, at.Call(HelperId.Mmx, at.Constant(call.Raw)));
        }
        else
        {
            at.WriteRegister(at.RegisterOf(0), size, at.Call(HelperId.Mmx, at.Constant(call.Raw)));
        }
    }

    private static byte Immediate(Lifting at) => at.Instruction.OpCount == 3 ? at.Instruction.Immediate8 : (byte)0;

    private static void Empty(Lifting at)
    {
        if (Available(at)) at.Invoke(HelperId.Mmx, at.Constant(new MmxCall(Mnemonic.Emms, -1, 0, 0).Raw));
    }

    private static void MaskedStore(Lifting at)
    {
        if (!Available(at)) return;
        var address = SseSpecial.MaskedDestination(at);
        var value = Read(at, at.Instruction.Op1Register);
        var chosen = at.Call(HelperId.Mmx, at.Constant(new MmxCall(Mnemonic.Pmovmskb, -1, at.Instruction.Op2Register - Register.MM0, 0).Raw));
        for (var lane = 0; lane < 8; lane++)
        {
            var shifted = lane == 0 ? value : at.Compute(IrOp.Shr, OpSize.B64, value, at.Constant((ulong)lane * 8));
            SseSpecial.StoreIfChosen(at, address with { Displacement = lane }, chosen, lane, shifted);
        }
    }
}
