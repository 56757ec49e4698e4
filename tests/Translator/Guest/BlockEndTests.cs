using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Guest;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.Guest;

public sealed class BlockEndTests
{
    [Fact]
    public void A_block_runs_on_to_its_first_control_transfer()
    {
        var block = Lifted.Lift("90 01d8 4889c3 ebf0 90");
        Assert.Equal((4, 8), (block.GuestInstructions, block.GuestBytes));
        Assert.Equal(IrOp.GotoIndirect, Lifted.Last(block).Op);
    }

    [Fact]
    public void Each_guest_instruction_announces_its_rip()
    {
        var block = Lifted.Lift("90 01d8 c3", pc: 0x1234);
        var starts = block.Instructions.ToArray().Where(i => i.Op == IrOp.InsnStart).Select(i => i.Imm);
        Assert.Equal([0x1234ul, 0x1235ul, 0x1237ul], starts);
    }

    [Fact]
    public void The_default_limit_ends_a_block_with_a_chained_jump()
    {
        var block = Lifted.Lift(string.Concat(Enumerable.Repeat("90", 200)));
        Assert.Equal(BlockLifter.DefaultLimit, block.GuestInstructions);
        Assert.Equal(IrOp.GotoTb, Lifted.Last(block).Op);
        Assert.Equal(0x1000ul + BlockLifter.DefaultLimit, Lifted.Last(block).Imm);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Compile_flags_limit_the_instructions(int limit) =>
        Assert.Equal(limit, Lifted.Lift("90 90 90 90 c3", compile: (TbCompileFlags)limit).GuestInstructions);

    [Theory]
    // add eax, 1 is three bytes long.
    [InlineData(0x1001, 1)]
    [InlineData(0x1004, 4)]
    [InlineData(0x1002, 6)]
    [InlineData(0x1000, 6)]
    public void A_block_ends_before_an_instruction_with_a_breakpoint(ulong breakpoint, int bytes)
    {
        var block = new IrBlock();
        var points = DebugPoints.None.With(new GuestVirtual(0x5000), isSet: true).With(new GuestVirtual(breakpoint), isSet: true);
        var code = new CodePages(Convert.FromHexString("9083c0019090c3"), 4096);
        new BlockLifter().Lift(block, new TbContext(0x1000, 0, Lifted.Flat64, (TbCompileFlags)4), code, points: points);
        Assert.Equal(bytes, block.GuestBytes);
        Assert.Equal((IrOp.GotoTb, 0x1000UL + (ulong)bytes), (Lifted.Last(block).Op, Lifted.Last(block).Imm));
    }

    [Fact]
    public void A_block_ends_where_its_page_ends_without_a_chained_jump()
    {
        var block = Lifted.Lift("90 90 90 90 90", pc: 0x1ffd);
        Assert.Equal((3, 3), (block.GuestInstructions, block.GuestBytes));
        Assert.Equal(IrOp.GotoIndirect, Lifted.Last(block).Op);
        Assert.Equal(0x2000ul, block.ConstantValue(Lifted.Last(block).A));
    }

    [Fact]
    public void An_instruction_across_the_page_end_is_left_to_its_own_block()
    {
        var code = new CodePages(Convert.FromHexString("9048c7c078563412c3"), room: 3);
        var block = Lifted.Lift(code, new TbContext(0x1ffd, 0, Lifted.Flat64, 0));
        Assert.Equal((1, 1), (block.GuestInstructions, block.GuestBytes));
        Assert.Equal((IrOp.GotoTb, 0x1ffeul), (Lifted.Last(block).Op, Lifted.Last(block).Imm));
        Assert.Equal(0, code.SecondPageAsked);
    }

    [Fact]
    public void An_instruction_across_the_page_end_that_comes_first_is_a_block()
    {
        var code = new CodePages(Convert.FromHexString("48c7c078563412c3"), room: 2);
        var block = Lifted.Lift(code, new TbContext(0x1ffe, 0, Lifted.Flat64, 0));
        Assert.Equal((1, 7), (block.GuestInstructions, block.GuestBytes));
        Assert.Equal(IrOp.GotoIndirect, Lifted.Last(block).Op);
        Assert.Equal(0x2005ul, block.ConstantValue(Lifted.Last(block).A));
        Assert.Equal(1, code.SecondPageAsked);
    }

    [Fact]
    public void A_second_page_that_cannot_be_fetched_is_a_fetch_fault_and_leaves_the_block_empty()
    {
        var block = new IrBlock();
        var code = new CodePages(Convert.FromHexString("48c7c078563412"), room: 2, secondPage: false);
        Assert.Equal(LiftOutcome.FetchFault, new BlockLifter().Lift(block, new TbContext(0x1ffe, 0, Lifted.Flat64, 0), code));
        Assert.Equal((0, 0), (block.Count, block.GuestInstructions));
    }

    [Fact]
    public void An_instruction_that_just_fits_does_not_ask_for_the_second_page()
    {
        var code = new CodePages(Convert.FromHexString("48c7c078563412"), room: 7, secondPage: false);
        Lifted.Lift(code, new TbContext(0x1ff9, 0, Lifted.Flat64, 0));
        Assert.Equal(0, code.SecondPageAsked);
    }

    [Fact]
    public void Both_ways_of_a_conditional_branch_chain_inside_the_page()
    {
        var block = Lifted.Lift("7410");
        Assert.Equal((IrOp.GotoTb, (byte)1, 0x1002ul), Shape(block, -3));
        Assert.Equal((IrOp.GotoTb, (byte)0, 0x1012ul), Shape(block, -1));
    }

    [Fact]
    public void A_branch_to_another_page_is_not_chained()
    {
        var block = Lifted.Lift("0f8400200000");
        Assert.Equal(IrOp.GotoIndirect, Lifted.Last(block).Op);
        Assert.Equal(0x3006ul, block.ConstantValue(Lifted.Last(block).A));
    }

    [Fact]
    public void The_page_of_a_target_is_that_of_its_linear_address()
    {
        // RIP 0x1ffe jumps back to 0x1ff0; with CS base 0x800 both lie on the linear page 0x2000.
        var block = Lifted.Lift("ebf0", Lifted.Segmented32 & ~TbFlags.CsBaseZero, pc: 0x27fe, csBase: 0x800);
        Assert.Equal((IrOp.GotoTb, (byte)0, 0x1ff0ul), Shape(block, -1));
    }

    [Fact]
    public void Without_chaining_every_way_leads_to_the_dispatcher()
    {
        foreach (var hex in (string[])["7410", "ebfe", "c3", "90", "e800000000"])
        {
            var block = Lifted.Lift(hex, compile: TbCompileFlags.NoChain | (TbCompileFlags)1);
            Assert.DoesNotContain(block.Instructions.ToArray(), i => i.Op is IrOp.GotoTb or IrOp.GotoIndirect);
            Assert.Equal((byte)TbExitReason.Lookup, Lifted.Last(block).Aux);
        }
    }

    [Theory]
    [InlineData("0fa2")]       // cpuid
    [InlineData("0f22c0")]     // mov cr0, rax
    [InlineData("0f30")]       // wrmsr
    [InlineData("0f06")]       // clts
    [InlineData("0f013b")]     // invlpg
    [InlineData("8ed0")]       // mov ss, ax
    [InlineData("0fa9")]       // pop gs
    [InlineData("fb")]         // sti
    [InlineData("0f01cb")]     // stac
    [InlineData("0f0113")]     // lgdt
    public void What_changes_the_context_or_serialises_ends_the_block_at_the_dispatcher(string hex)
    {
        var block = Lifted.Lift(hex + "90");
        Assert.Equal(1, block.GuestInstructions);
        Assert.Equal((IrOp.ExitTb, (byte)TbExitReason.Lookup), (Lifted.Last(block).Op, Lifted.Last(block).Aux));
        Assert.Equal(0x1000ul + (ulong)block.GuestBytes, block.ConstantValue(Lifted.Last(block).A));
    }

    [Theory]
    [InlineData("f4", TbExitReason.Halt)]
    [InlineData("f390", TbExitReason.Pause)]
    [InlineData("0f01c9", TbExitReason.Wait)]
    public void Waiting_leaves_with_the_next_rip(string hex, TbExitReason reason)
    {
        var block = Lifted.Lift(hex + "90");
        Assert.Equal((byte)reason, Lifted.Last(block).Aux);
        Assert.Equal(0x1000ul + (ulong)block.GuestBytes, block.ConstantValue(Lifted.Last(block).A));
    }

    [Fact]
    public void Rip_wraps_at_32_bits_outside_64_bit_mode()
    {
        var block = Lifted.Lift("90", Lifted.Flat32, pc: 0xffffffff);
        Assert.Equal(0ul, block.ConstantValue(Lifted.Last(block).A));
    }

    [Fact]
    public void Lifting_a_block_again_allocates_nothing()
    {
        var lifter = new BlockLifter();
        var block = new IrBlock();
        var code = new CodePages(Convert.FromHexString("01d84889c3f20f5803a4f348a54150415c0fb6c48b4c8b10e8000000007410c3"));
        var context = new TbContext(0x1000, 0, Lifted.Flat64, 0);
        for (var i = 0; i < 100; i++) lifter.Lift(block, context, code);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) lifter.Lift(block, context, code);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static (IrOp, byte, ulong) Shape(IrBlock block, int fromEnd)
    {
        var i = block.Instructions[block.Count + fromEnd];
        return (i.Op, i.Aux, i.Imm);
    }
}
