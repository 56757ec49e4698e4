using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.Ir;

public class IrTextTests
{
    public static TheoryData<string> Lines => new(IrSamples.Lines);

    [Theory]
    [MemberData(nameof(Lines))]
    public void A_line_reads_back_as_it_was_printed(string line)
    {
        var block = IrText.Parse(line);
        Assert.Equal(line, IrText.Print(block, block.Instructions[0]));
        var again = IrText.Parse(IrText.Print(block));
        Assert.Equal(IrText.Print(block), IrText.Print(again));
    }

    [Fact]
    public void Every_operation_has_a_sample_line()
    {
        var covered = IrSamples.Lines.Select(line => IrText.Parse(line).Instructions[0].Op).ToHashSet();
        Assert.DoesNotContain(Enum.GetValues<IrOp>(), op => !covered.Contains(op));
    }

    [Fact]
    public void Every_field_survives()
    {
        var block = IrText.Parse("rax = guest_rmw.32.xadd.lock.flags [fs:rbx+r9*4-0x8 a32 linear32 aligned16], t3");
        var op = block.Instructions[0];
        Assert.Equal((IrOp.GuestRmw, OpSize.B32, RmwKind.Xadd, true, true), (op.Op, op.Size, op.Rmw, op.Lock, op.SetsFlags));
        Assert.Equal((Operand.Gpr(0), Operand.Temp(3), Operand.None), (op.Dst, op.A, op.B));
        var address = block.Addresses[op.Mem];
        Assert.Equal((Operand.Gpr(3), Operand.Gpr(9), 2, -8L), (address.Base, address.Index, address.ScaleShift, address.Displacement));
        Assert.Equal((OpSize.B32, Segment.Fs, true, 16), (address.AddressSize, address.Segment, address.Linear32, (int)address.Alignment));
        Assert.Equal(4, block.Temps);
    }

    [Fact]
    public void The_header_reads_back()
    {
        var block = new IrBlock
        {
            Context = new TbContext(0xffff0, 0xf0000, TbFlags.Protected | TbFlags.Code32, TbCompileFlags.NoChain),
            GuestBytes = 5,
            GuestInstructions = 2,
        };
        var again = IrText.Parse(IrText.Print(block));
        Assert.Equal(block.Context, again.Context);
        Assert.Equal((5, 2), (again.GuestBytes, again.GuestInstructions));
    }

    [Theory]
    [InlineData("rax = addd.64 rax, rcx", "unknown operation 'addd'")]
    [InlineData("rax = add.65 rax, rcx", "'65' is no size")]
    [InlineData("rax = add.64 rax, rqx", "'rqx' is no operand")]
    [InlineData("\nrax = mov.64 [rax] zero", "line 2")]
    public void A_bad_line_is_named(string text, string message) =>
        Assert.Contains(message, Assert.ThrowsAny<FormatException>(() => IrText.Parse(text)).Message, StringComparison.Ordinal);
}
