using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.X64;

/// <summary>The same little program twice: as instructions for the bare host and as IR for the back end.</summary>
internal sealed class GuestProgram(IrBlock block)
{
    public IrBlock Block { get; } = block;
    public List<Instruction> Native { get; } = [];

    /// <summary>Flags that the last instructions leave undefined.</summary>
    public ulong UndefinedFlags { get; private set; }

    public static int Bits(OpSize size) => 8 << (int)size;

    public static Register Gpr(int number, OpSize size) => size switch
    {
        OpSize.B8 => number >= 8 ? Register.R8L + (number - 8) : number >= 4 ? Register.SPL + (number - 4) : Register.AL + number,
        OpSize.B16 => Register.AX + number,
        OpSize.B32 => Register.EAX + number,
        _ => Register.RAX + number,
    };

    /// <summary>The Iced code of that name.</summary>
    public static Code CodeOf(string name) => Enum.Parse<Code>(name);

    /// <summary>Also starts the instruction in the IR; its RIP is <see cref="X64Machine.CodePc"/> plus its number.</summary>
    /// <param name="mayKeepFlags">A count of zero changes no flag, so undefined ones may stay undefined.</param>
    public void Add(Instruction native, bool mayKeepFlags = false)
    {
        Block.Append(IrOp.InsnStart).Imm = X64Machine.CodePc + (ulong)Native.Count;
        Native.Add(native);
        var written = mayKeepFlags ? 0 : Flags(native.RflagsModified);
        UndefinedFlags = UndefinedFlags & ~written | Flags(native.RflagsUndefined);
    }

    public ref IrInstruction Append(IrOp op, OpSize size, Operand dst, Operand a = default, Operand b = default, bool flags = true)
    {
        ref var x = ref Block.Append(op);
        x.Size = size;
        x.Dst = dst;
        x.A = a;
        x.B = b;
        x.SetsFlags = flags;
        return ref x;
    }

    public void Exit(ulong rip = 0x1234)
    {
        ref var x = ref Block.Append(IrOp.ExitTb);
        x.A = Block.Constant(rip);
        x.Aux = (byte)TbExitReason.Lookup;
    }

    private static ulong Flags(RflagsBits bits)
    {
        ulong flags = 0;
        if ((bits & RflagsBits.CF) != 0) flags |= 1;
        if ((bits & RflagsBits.PF) != 0) flags |= 4;
        if ((bits & RflagsBits.AF) != 0) flags |= 16;
        if ((bits & RflagsBits.ZF) != 0) flags |= 64;
        if ((bits & RflagsBits.SF) != 0) flags |= 128;
        if ((bits & RflagsBits.OF) != 0) flags |= 2048;
        return flags;
    }
}
