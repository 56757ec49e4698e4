using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Tests.Ir;

public class IrVerifierTests
{
    private const string Start = "insn_start 0x1000\n";
    private const string End = "\nexit_tb lookup, rax";

    public static TheoryData<string> Bodies => new(IrSamples.Lines.Where(line => IrText.Parse(line).Instructions[0] is var op && op.Op != IrOp.Label
        && !IrShape.IsFinal(op.Op) && !IrShape.IsBranch(op.Op) && !line.Contains("t0*", StringComparison.Ordinal)));

    [Theory]
    [MemberData(nameof(Bodies))]
    public void Every_sample_is_well_formed(string line) => Assert.Null(IrVerifier.Check(IrText.Parse(Start + line + End)));

    [Theory]
    [InlineData("rax = mov.64 rcx", "falls off its end")]
    [InlineData("t0 = add.64 t1, rax" + End, "reads t1")]
    [InlineData("rax = add.64 rax" + End, "lacks a source")]
    [InlineData("mov.64 rax" + End, "lacks its result")]
    [InlineData("rax = guest_store.64 [rbx], rax" + End, "a result it cannot have")]
    [InlineData("guest_store.64 rax" + End, "lacks its memory operand")]
    [InlineData("0x5 = mov.64 rax" + End, "writes a constant")]
    [InlineData("rax = movzx.8.from16 rcx" + End, "narrows")]
    [InlineData("br L0" + "\nlabel L1" + End, "stands nowhere")]
    [InlineData("label L0\nlabel L0" + End, "stands twice")]
    [InlineData("exit_tb lookup, rax\nrax = mov.64 rcx" + End, "can never run")]
    [InlineData("br_if.e L0\ngoto_tb slot0, 0x10\nlabel L0\ngoto_tb slot0, 0x20", "used twice")]
    [InlineData("goto_tb slot4, 0x10", "jump slot 4")]
    [InlineData("br_if.e L0\nt0 = mov.64 rax\nlabel L0\nrcx = mov.64 t0" + End, "reads t0")]
    public void A_flaw_is_named(string text, string problem) =>
        Assert.Contains(problem, IrVerifier.Check(IrText.Parse(Start + text)), StringComparison.Ordinal);

    [Theory]
    [InlineData("br_if.e L0\nt0 = mov.64 rax\nbr L1\nlabel L0\nt0 = mov.64 rcx\nlabel L1\nrdx = mov.64 t0" + End)]
    [InlineData("t0 = mov.64 0x3\nlabel L0\nt0 = sub.64 t0, 0x1\nt1 = mov.64 t0\nbr_non_zero.64 L0, t0\nrax = mov.64 t1" + End)]
    public void Temporaries_defined_on_all_paths_are_fine(string text) => Assert.Null(IrVerifier.Check(IrText.Parse(Start + text)));
}
