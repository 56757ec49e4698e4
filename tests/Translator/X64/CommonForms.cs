using Iced.Intel;
using Tcg.Mttcg.SelfTest.Isa;
using Tcg.Mttcg.SelfTest.Oracle;
using Tcg.Mttcg.Translator.Guest;

namespace Tcg.Mttcg.Translator.Tests.X64;

/// <summary>The plainest forms of each mnemonic in 64-bit code: few, and always the same.</summary>
internal static class CommonForms
{
    private const int Draws = 80, MostEach = 4;

    public static IEnumerable<Form> Of(IsaGroup instructions) => IsaRow.Of(instructions).Where(row => LiftTable.TryFind(row.Mnemonic, out _)).SelectMany(Of);

    private static IEnumerable<Form> Of(IsaRow row)
    {
        var encodings = row.Encodings.Where(info => info.Mode64).ToArray();
        var plain = encodings.Where(info => !IsNarrow(info)).ToArray();
        return (plain.Length > 0 ? plain : encodings).SelectMany(Plainest).DistinctBy(form => form.Instruction.ToString()).Take(MostEach);
    }

    // 8 and 16-bit operands, and short encodings for the accumulator, are like the others.
    private static bool IsNarrow(OpCodeInfo info)
    {
        for (var operand = 0; operand < info.OpCount; operand++)
        {
            if (info.GetOpKind(operand) is OpCodeOperandKind.al or OpCodeOperandKind.ax or OpCodeOperandKind.eax or OpCodeOperandKind.rax or OpCodeOperandKind.r8_or_mem
                or OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.r16_reg or OpCodeOperandKind.r16_opcode) return true;
        }
        return info.OperandSize == 16;
    }

    private static IEnumerable<Form> Plainest(OpCodeInfo info)
    {
        foreach (var memory in (bool[])[false, true])
        {
            Form? best = null;
            for (var seed = 0; seed < Draws; seed++)
            {
                var form = new FormSource(new RandomValues(seed), OracleMode.Long).Draw(info, memory);
                if (form is not null && (best is null || Burden(form) < Burden(best))) best = form;
            }
            if (best is not null) yield return best;
        }
    }

    // Different low registers, a base and a short displacement, small immediates, no prefixes.
    private static long Burden(Form form)
    {
        var instruction = form.Instruction;
        long burden = form.Bytes.Length * 4;
        if (instruction.HasLockPrefix || instruction.HasRepPrefix || instruction.HasRepnePrefix) burden += 1000;
        var seen = new HashSet<int>();
        for (var operand = 0; operand < instruction.OpCount; operand++)
        {
            if (instruction.GetOpKind(operand) != OpKind.Register) continue;
            var register = instruction.GetOpRegister(operand);
            if (register is >= Register.AH and <= Register.BH || !seen.Add(register.GetFullRegister().GetNumber())) burden += 20;
            burden += register.GetFullRegister().GetNumber();
        }
        if (instruction.IsIPRelativeMemoryOperand || instruction.MemoryBase.GetSize() == 4) burden += 50;
        if (instruction.MemoryIndex != Register.None) burden += 40;
        if (instruction.MemoryBase != Register.None && !instruction.IsIPRelativeMemoryOperand) burden += instruction.MemoryDisplacement64 == 0 ? 5 : 0;
        return burden;
    }
}
