using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>What 64-bit mode dropped: decimal adjustments, BOUND, SALC.</summary>
internal static class Decimals
{
    public static readonly LiftRow[] Rows =
    [
        new(Mnemonic.Daa,   at => Adjust(at, 0x27)),
        new(Mnemonic.Das,   at => Adjust(at, 0x2f)),
        new(Mnemonic.Aaa,   at => Adjust(at, 0x37)),
        new(Mnemonic.Aas,   at => Adjust(at, 0x3f)),
        new(Mnemonic.Aam,   at => Adjust(at, 0xd4)),
        new(Mnemonic.Aad,   at => Adjust(at, 0xd5)),
        new(Mnemonic.Bound, Bound),
        new(Mnemonic.Salc,  SetAlOnCarry),
    ];

    private static void Adjust(Lifting at, uint opcode)
    {
        var immediate = at.Instruction.OpCount == 0 ? 0u : at.Instruction.Immediate8;
        at.Invoke(HelperId.Decimal, at.Constant(opcode), at.Constant(immediate));
    }

    private static void Bound(Lifting at)
    {
        var size = at.SizeOf(0);
        var bytes = Lifting.BytesOf(size);
        var memory = at.Memory(2 * bytes, write: false);
        var upper = at.Block.Addresses[memory];
        upper.Displacement += bytes;
        Operand low = at.Temp(), high = at.Temp(), index = at.Temp();
        at.LoadInto(low, memory, OpSize.B64, size, Extension.Sign);
        at.LoadInto(high, at.Block.Address(upper), OpSize.B64, size, Extension.Sign);
        at.Widen(IrOp.Movsx, OpSize.B64, index, at.Read(0, size), size);
        at.Invoke(HelperId.Bound, index, low, high);
    }

    private static void SetAlOnCarry(Lifting at)
    {
        var carry = at.Temp();
        at.EmitIf(IrOp.SetCc, OpSize.B8, Condition.B, carry);
        at.Emit(IrOp.Neg, OpSize.B8, Lifting.Rax, carry);
    }
}
