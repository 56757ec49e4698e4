using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>IN and OUT. Permission is the helper's business, for it may need the I/O bitmap.</summary>
internal static class InputOutput
{
    public static readonly LiftRow[] Rows =
    [
        new(Mnemonic.In,  In),
        new(Mnemonic.Out, Out),
    ];

    private static void In(Lifting at)
    {
        var size = at.SizeOf(0);
        var value = at.Call(HelperId.In, Port(at, 1), at.Constant((uint)Lifting.BytesOf(size)));
        at.WriteRegister(at.RegisterOf(0), size, value);
    }

    // A device may have lowered or raised an interrupt, or may want the machine to stop: the next head polls.
    private static void Out(Lifting at)
    {
        var size = at.SizeOf(1);
        var value = at.ZeroExtend(at.ReadRegister(at.RegisterOf(1)), size);
        at.Invoke(HelperId.Out, Port(at, 0), at.Constant((uint)Lifting.BytesOf(size)), value);
        at.Goto(at.NextRip, 0);
    }

    private static Operand Port(Lifting at, int operand) => at.IsRegister(operand)
        ? at.ZeroExtend(Lifting.Rdx, OpSize.B16)
        : at.Constant(at.Instruction.GetImmediate(operand) & 0xff);
}
