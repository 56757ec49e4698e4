using System.Diagnostics;

namespace Tcg.Mttcg.Translator.Ir;

/// <summary>
/// Says what is wrong with a block of IR, or nothing. Runs after lifting and after each pass in debug builds, and in tests. Checks each operation
/// against its row of <see cref="OpTable"/>, then the flow between them.
/// </summary>
public static class IrVerifier
{
    /// <exception cref="InvalidOperationException">The block is malformed; the message holds the reason and the whole block.</exception>
    [Conditional("DEBUG")]
    public static void Assert(IrBlock block, string after)
    {
        if (Check(block) is { } problem) throw new InvalidOperationException($"after {after}: {problem}\n{IrText.Print(block)}");
    }

    /// <summary>Null: well formed.</summary>
    public static string? Check(IrBlock block)
    {
        var index = 0;
        foreach (ref readonly var instruction in (ReadOnlySpan<IrInstruction>)block.Instructions)
        {
            if (CheckOne(block, instruction) is { } problem) return $"operation {index} ({IrTextNames.Op(instruction.Op)}): {problem}";
            index++;
        }
        return IrVerifierFlow.Check(block);
    }

    private static string? CheckOne(IrBlock block, in IrInstruction instruction)
    {
        var row = OpTable.Of(instruction.Op);
        if (row.Outputs < 1 && !instruction.Dst.IsNone) return "has a result it cannot have";
        if (row.Outputs < 2 && !instruction.Dst2.IsNone) return "has a second result it cannot have";
        if (row.Inputs < 1 && !instruction.A.IsNone) return "has a source A it cannot have";
        if (row.Inputs < 2 && !instruction.B.IsNone) return "has a source B it cannot have";
        if (row.Inputs < 3 && !instruction.C.IsNone) return "has a source C it cannot have";
        if (NeedsAllInputs(instruction.Op) && MissingInput(instruction, row.Inputs)) return "lacks a source";
        if (NeedsResult(instruction.Op) && instruction.Dst.IsNone) return "lacks its result";

        if (CheckResult(block, instruction.Dst) is { } bad) return bad;
        if (CheckResult(block, instruction.Dst2) is { } bad2) return bad2;
        if (!InRange(block, instruction.A) || !InRange(block, instruction.B) || !InRange(block, instruction.C)) return "a source is out of range";
        return CheckMemory(block, instruction, row) ?? CheckSizes(instruction) ?? CheckImm(block, instruction);
    }

    private static bool MissingInput(in IrInstruction instruction, int inputs) =>
        (inputs > 0 && instruction.A.IsNone) || (inputs > 1 && instruction.B.IsNone && !IsByteDivision(instruction)) || (inputs > 2 && instruction.C.IsNone);

    private static bool IsByteDivision(in IrInstruction instruction) => instruction.Op is IrOp.Div or IrOp.IDiv && instruction.Size == OpSize.B8;

    // A helper takes as many as it needs; a SIMD operation may have none; an exit may find RIP in the state; INC, DEC, NEG and NOT of memory have no source.
    private static bool NeedsAllInputs(IrOp op) => op is not (IrOp.Call or IrOp.Simd or IrOp.ExitTb or IrOp.GuestRmw);

    private static bool NeedsResult(IrOp op) => op is IrOp.Mov or IrOp.Movzx or IrOp.Movsx or IrOp.Lea or IrOp.ExtractHigh or IrOp.InsertHigh or IrOp.Bswap
        or IrOp.CMov or IrOp.SetCc or IrOp.ReadFlags or IrOp.GuestLoad or IrOp.LoadState or IrOp.Crc32 or IrOp.Not;

    private static string? CheckResult(IrBlock block, Operand operand)
    {
        if (operand.IsConstant) return "writes a constant";
        return InRange(block, operand) ? null : "a result is out of range";
    }

    private static bool InRange(IrBlock block, Operand operand) => operand.Kind switch
    {
        OperandKind.None => operand.IsNone,
        OperandKind.Gpr => operand.Number < 16,
        OperandKind.Temp => operand.Number < block.Temps,
        OperandKind.Constant => operand.Number < block.Constants.Count,
        _ => false,
    };

    private static string? CheckMemory(IrBlock block, in IrInstruction instruction, OpAttribute row)
    {
        if ((row.Traits & OpTraits.HasMemory) == 0) return instruction.Mem < 0 ? null : "has a memory operand it cannot have";
        if (instruction.Mem < 0) return instruction.Op == IrOp.Simd ? null : "lacks its memory operand";
        if (instruction.Mem >= block.Addresses.Count) return "its memory operand is out of range";
        var address = block.Addresses[instruction.Mem];
        if (!InRange(block, address.Base) || !InRange(block, address.Index)) return "an address operand is out of range";
        if (address.ScaleShift > 3) return "scale above 8";
        return address.AddressSize is OpSize.B16 or OpSize.B32 or OpSize.B64 ? null : "address size";
    }

    private static string? CheckSizes(in IrInstruction instruction)
    {
        var op = instruction.Op;
        if (instruction.Size > OpSize.B64 && op is not (IrOp.Simd or IrOp.ProbeWrite)) return "size above 64";
        if (op is IrOp.Movzx or IrOp.Movsx or IrOp.GuestLoad && instruction.SourceSize > instruction.Size) return "narrows";
        if (op is IrOp.MulWide or IrOp.IMulWide && instruction.Size == OpSize.B8 && !instruction.Dst2.IsNone) return "a byte product has one result";
        if (op is IrOp.Shld or IrOp.Shrd && instruction.Size == OpSize.B8) return "no byte form";
        return null;
    }

    private static string? CheckImm(IrBlock block, in IrInstruction instruction)
    {
        var imm = instruction.Imm;
        return IrShape.Imm(instruction.Op) switch
        {
            ImmKind.Label when imm >= (ulong)block.Labels => "label out of range",
            ImmKind.StateOffset when imm + (1ul << (int)instruction.Size) > Runtime.CpuState.Size => "state offset out of range",
            ImmKind.Helper when !Enum.IsDefined((Runtime.HelperId)imm) => "no such helper",
            ImmKind.FlagMask when (imm & ~(ulong)ArithmeticFlags.All) != 0 => "mask beyond the arithmetic flags",
            ImmKind.Simd when imm >= (ulong)block.Simd.Count => "SIMD index out of range",
            _ => null,
        };
    }
}
