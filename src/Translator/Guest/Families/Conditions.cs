using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>Iced's condition codes, which begin at 1 with O, as the IR's.</summary>
internal static class Conditions
{
    public static Condition Of(in Instruction instruction) => instruction.ConditionCode switch
    {
        ConditionCode.o => Condition.O,
        ConditionCode.no => Condition.No,
        ConditionCode.b => Condition.B,
        ConditionCode.ae => Condition.Ae,
        ConditionCode.e => Condition.E,
        ConditionCode.ne => Condition.Ne,
        ConditionCode.be => Condition.Be,
        ConditionCode.a => Condition.A,
        ConditionCode.s => Condition.S,
        ConditionCode.ns => Condition.Ns,
        ConditionCode.p => Condition.P,
        ConditionCode.np => Condition.Np,
        ConditionCode.l => Condition.L,
        ConditionCode.ge => Condition.Ge,
        ConditionCode.le => Condition.Le,
        ConditionCode.g => Condition.G,
        _ => throw new ArgumentOutOfRangeException(nameof(instruction), instruction.Mnemonic, "has no condition"),
    };
}
