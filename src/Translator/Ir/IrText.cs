using System.Globalization;
using System.Text;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Ir;

/// <summary>
/// IR as text, one operation a line, without loss: <see cref="Parse"/> gives back what <see cref="Print(IrBlock)"/> was given (temporaries and
/// labels keep their numbers; constants may be numbered anew). Used by the op and op_opt logs, goldens and tests.
/// <code>
/// block pc=0x1000 flags=Code64,CsBaseZero bytes=7 insns=2
///   insn_start 0x1000
///   rax = add.64.flags rax, 0x1
///   t0 = guest_load.64.from8.sx [rbx+rcx*4-0x10]
///   guest_rmw.32.xadd.lock [ds:t0 a32], rdx
///   br_if.ne L0
///   t1 = call cpuid(t0)
///   t2 = load_state.64 $Cr0
///   simd #64@0x1004:660f58c1          ; addpd xmm0,xmm1
///   goto_tb slot0, 0x1000
/// </code>
/// </summary>
public static class IrText
{
    public static string Print(IrBlock block)
    {
        var text = new StringBuilder();
        PrintHeader(text, block);
        foreach (ref readonly var instruction in (ReadOnlySpan<IrInstruction>)block.Instructions)
        {
            text.Append(instruction.Op is IrOp.Label ? "" : instruction.Op is IrOp.InsnStart ? " " : "  ");
            Print(text, block, instruction);
            text.Append('\n');
        }
        return text.ToString();
    }

    /// <summary>One operation, without indentation or line end.</summary>
    public static string Print(IrBlock block, in IrInstruction instruction)
    {
        var text = new StringBuilder();
        Print(text, block, instruction);
        return text.ToString();
    }

    /// <summary>Reads a block back. Blank lines and what follows ';' are ignored; a missing header leaves the context zero.</summary>
    /// <exception cref="FormatException">With the line number and what was expected there.</exception>
    public static IrBlock Parse(string text) => new IrTextParser().Parse(text);

    private static void PrintHeader(StringBuilder text, IrBlock block)
    {
        var context = block.Context;
        text.Append(CultureInfo.InvariantCulture, $"block pc=0x{context.Pc:x}");
        if (context.CsBase != 0) text.Append(CultureInfo.InvariantCulture, $" csbase=0x{context.CsBase:x}");
        if (context.Flags != 0) text.Append(" flags=").Append(context.Flags.ToString().Replace(", ", ","));
        if (context.CompileFlags != 0) text.Append(CultureInfo.InvariantCulture, $" cflags=0x{(uint)context.CompileFlags:x}");
        text.Append(CultureInfo.InvariantCulture, $" bytes={block.GuestBytes} insns={block.GuestInstructions}\n");
    }

    private static void Print(StringBuilder text, IrBlock block, in IrInstruction instruction)
    {
        if (!instruction.Dst.IsNone || !instruction.Dst2.IsNone)
        {
            PrintOperand(text, block, instruction.Dst);
            if (!instruction.Dst2.IsNone)
            {
                text.Append(", ");
                PrintOperand(text, block, instruction.Dst2);
            }
            text.Append(" = ");
        }
        PrintName(text, instruction);
        PrintArguments(text, block, instruction);
        if (instruction.Op == IrOp.Simd) text.Append("  ; ").Append(block.Simd[(int)instruction.Imm].Instruction.ToString());
    }

    private static void PrintName(StringBuilder text, in IrInstruction instruction)
    {
        var op = instruction.Op;
        text.Append(IrTextNames.Op(op));
        if (IrShape.IsSized(op) || instruction.Size != OpSize.B8) text.Append('.').Append(8 << (int)instruction.Size);
        if (IrShape.HasSourceSize(op) || instruction.SourceSize != OpSize.B8) text.Append(".from").Append(8 << (int)instruction.SourceSize);
        if (instruction.Extend == Extension.Sign) text.Append(".sx");
        if (IrShape.HasCondition(op)) text.Append('.').Append(instruction.Cond.ToString().ToLowerInvariant());
        if (op == IrOp.GuestRmw) text.Append('.').Append(instruction.Rmw.ToString().ToLowerInvariant());
        if (instruction.Lock) text.Append(".lock");
        if (instruction.SetsFlags) text.Append(".flags");
    }

    private static void PrintArguments(StringBuilder text, IrBlock block, in IrInstruction instruction)
    {
        var separator = " ";
        void Next(string argument)
        {
            text.Append(separator).Append(argument);
            separator = ", ";
        }

        var op = instruction.Op;
        switch (IrShape.Aux(op))
        {
            case AuxKind.Slot: Next($"slot{instruction.Aux}"); break;
            case AuxKind.ExitReason: Next(((TbExitReason)instruction.Aux).ToString().ToLowerInvariant()); break;
            case AuxKind.Fence: Next(IrTextParser.Fences[instruction.Aux]); break;
        }
        switch (IrShape.Imm(op))
        {
            case ImmKind.Rip: Next($"0x{instruction.Imm:x}"); break;
            case ImmKind.Label: Next($"L{instruction.Imm}"); break;
            case ImmKind.StateOffset: Next("$" + IrTextNames.StateField(instruction.Imm)); break;
            case ImmKind.Helper: Next("@" + (HelperId)instruction.Imm); break;
            case ImmKind.FlagMask: Next("{" + ((ArithmeticFlags)instruction.Imm).ToString().Replace(", ", "|") + "}"); break;
            case ImmKind.Simd: Next(IrTextSimd.Print(block.Simd[(int)instruction.Imm])); break;
        }
        if (instruction.Mem >= 0) Next(PrintAddress(block, block.Addresses[instruction.Mem]));

        var last = !instruction.C.IsNone ? 3 : !instruction.B.IsNone ? 2 : !instruction.A.IsNone ? 1 : 0;
        if (last > 0) Next(OperandText(block, instruction.A));
        if (last > 1) Next(OperandText(block, instruction.B));
        if (last > 2) Next(OperandText(block, instruction.C));
    }

    private static string PrintAddress(IrBlock block, in IrAddress address)
    {
        var text = new StringBuilder("[");
        if (address.Segment != Segment.None) text.Append(address.Segment.ToString().ToLowerInvariant()).Append(':');
        if (!address.Base.IsNone) PrintOperand(text, block, address.Base);
        if (!address.Index.IsNone)
        {
            text.Append('+');
            PrintOperand(text, block, address.Index);
            text.Append('*').Append(1 << address.ScaleShift);
        }
        if (address.Displacement != 0 || (address.Base.IsNone && address.Index.IsNone))
        {
            text.Append(address.Displacement < 0 ? "-0x" : "+0x").Append(CultureInfo.InvariantCulture, $"{(ulong)Math.Abs((decimal)address.Displacement):x}");
        }
        if (address.AddressSize != OpSize.B64) text.Append(" a").Append(8 << (int)address.AddressSize);
        if (address.Linear32) text.Append(" linear32");
        if (address.Alignment != 0) text.Append(" aligned").Append(address.Alignment);
        return text.Append(']').ToString();
    }

    private static string OperandText(IrBlock block, Operand operand)
    {
        var text = new StringBuilder();
        PrintOperand(text, block, operand);
        return text.ToString();
    }

    private static void PrintOperand(StringBuilder text, IrBlock block, Operand operand)
    {
        if (operand.IsConstant) text.Append(CultureInfo.InvariantCulture, $"0x{block.ConstantValue(operand):x}");
        else text.Append(operand.ToString());
    }
}
