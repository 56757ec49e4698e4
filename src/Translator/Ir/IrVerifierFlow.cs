using System.Collections;

namespace Tcg.Mttcg.Translator.Ir;

/// <summary>The half of the verifier that follows control: labels, block ends, jump slots, temporaries defined before use on every path.</summary>
internal static class IrVerifierFlow
{
    public static string? Check(IrBlock block) => CheckLabels(block, out var labels) ?? CheckEnds(block) ?? CheckTemps(block, labels);

    private static string? CheckLabels(IrBlock block, out int[] positions)
    {
        positions = new int[block.Labels];
        Array.Fill(positions, -1);
        var code = block.Instructions;
        for (var index = 0; index < code.Length; index++)
        {
            if (code[index].Op != IrOp.Label) continue;
            if (positions[(int)code[index].Imm] >= 0) return $"label L{code[index].Imm} stands twice";
            positions[(int)code[index].Imm] = index;
        }
        foreach (ref readonly var instruction in (ReadOnlySpan<IrInstruction>)code)
        {
            if (IrShape.IsBranch(instruction.Op) && positions[(int)instruction.Imm] < 0) return $"branch to L{instruction.Imm}, which stands nowhere";
        }
        return null;
    }

    private static string? CheckEnds(IrBlock block)
    {
        var code = block.Instructions;
        if (code.Length == 0 || !IrShape.IsFinal(code[^1].Op)) return "falls off its end";
        if (code[0].Op != IrOp.InsnStart) return "does not begin with insn_start";
        var slots = 0;
        for (var index = 0; index < code.Length; index++)
        {
            if (IrShape.IsFinal(code[index].Op) && index + 1 < code.Length && code[index + 1].Op is not (IrOp.Label or IrOp.InsnStart))
            {
                return $"operation {index + 1} ({IrTextNames.Op(code[index + 1].Op)}) can never run";
            }
            if (code[index].Op != IrOp.GotoTb) continue;
            if (code[index].Aux >= Cache.TranslationBlock.JumpSlots) return $"jump slot {code[index].Aux}";
            if ((slots & (1 << code[index].Aux)) != 0) return $"jump slot {code[index].Aux} used twice";
            slots |= 1 << code[index].Aux;
        }
        return null;
    }

    // Forward data flow, intersecting at labels, until nothing changes. Unreached code has every temporary.
    private static string? CheckTemps(IrBlock block, int[] labels)
    {
        var atLabel = new BitArray[labels.Length];
        for (var label = 0; label < labels.Length; label++) atLabel[label] = new BitArray(block.Temps, true);
        string? problem;
        bool changed;
        do
        {
            (problem, changed) = Sweep(block, atLabel);
        }
        while (changed);
        return problem;
    }

    private static (string? Problem, bool Changed) Sweep(IrBlock block, BitArray[] atLabel)
    {
        var defined = new BitArray(block.Temps);
        string? problem = null;
        var changed = false;
        var code = block.Instructions;
        for (var index = 0; index < code.Length; index++)
        {
            ref readonly var instruction = ref code[index];
            if (instruction.Op == IrOp.Label) changed |= Narrow(atLabel[(int)instruction.Imm], defined, out defined);
            if (problem is null && UndefinedRead(block, instruction, defined) is { } temp) problem = $"operation {index} ({IrTextNames.Op(instruction.Op)}) reads {temp}, which is not defined on every path";
            if (instruction.Dst.IsTemp) defined[instruction.Dst.Number] = true;
            if (instruction.Dst2.IsTemp) defined[instruction.Dst2.Number] = true;
            if (IrShape.IsBranch(instruction.Op)) changed |= Narrow(atLabel[(int)instruction.Imm], defined, out _);
            if (IrShape.IsFinal(instruction.Op)) defined = new BitArray(block.Temps, true);
        }
        return (problem, changed);
    }

    private static bool Narrow(BitArray label, BitArray incoming, out BitArray merged)
    {
        var before = (BitArray)label.Clone();
        label.And(incoming);
        merged = (BitArray)label.Clone();
        return ((BitArray)before.Xor(label)).HasAnySet();
    }

    private static Operand? UndefinedRead(IrBlock block, in IrInstruction instruction, BitArray defined)
    {
        bool Missing(Operand operand) => operand.IsTemp && !defined[operand.Number];
        if (Missing(instruction.A)) return instruction.A;
        if (Missing(instruction.B)) return instruction.B;
        if (Missing(instruction.C)) return instruction.C;
        if ((OpTable.Of(instruction.Op).Traits & OpTraits.ReadsDst) != 0 && Missing(instruction.Dst)) return instruction.Dst;
        if (instruction.Mem < 0) return null;
        var address = block.Addresses[instruction.Mem];
        if (Missing(address.Base)) return address.Base;
        return Missing(address.Index) ? address.Index : null;
    }
}
