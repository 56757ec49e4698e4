using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.SystemState;

public unsafe class HelperTableTests
{
    // Joining the families throws for a helper without a row, and for one with two.
    [Fact]
    public void Every_helper_has_exactly_one_row() => Assert.NotEqual(0, HelperTable.EntryPoint);

    [Theory]
    [InlineData(0x05, 0x03, 1, 0x00u)]
    [InlineData(0x03, 0x05, 1, 0x91u)]
    [InlineData(0x80, 0x01, 1, 0x810u)]
    [InlineData(0x44, 0x44, 1, 0x44u)]
    [InlineData(0x8000, 0x0001, 2, 0x814u)]
    [InlineData(0x7fffffff, 0xffffffff, 4, 0x885u)]
    public void Comparison_flags_are_those_of_cmp(ulong left, ulong right, int bytes, uint flags)
    {
        using var bench = SystemBench.Real();
        bench.Cpu.Eflags = 0xad7;
        bench.Cpu.SetCompareFlags(left, right, bytes);
        Assert.Equal(flags | 0x202, bench.Cpu.Eflags);
    }

    // SDM 2A examples and the corners of the pseudo-code.
    [Theory]
    [InlineData(0x27, 0x00ae, 0x02u, 0x0014, 0x17u)]
    [InlineData(0x27, 0x009b, 0x03u, 0x0001, 0x13u)]
    [InlineData(0x2f, 0x0047, 0x13u, 0x00e1, 0x97u)]
    [InlineData(0x37, 0x000b, 0x02u, 0x0101, 0x13u)]
    [InlineData(0x3f, 0x02ff, 0x12u, 0x0109, 0x17u)]
    [InlineData(0x37, 0x0f15, 0x02u, 0x0f05, 0x06u)]
    public void Decimal_adjustments_follow_the_manual(int opcode, ulong ax, uint flags, ulong result, uint resultFlags)
    {
        using var bench = SystemBench.Real();
        bench.State->Gpr[0] = 0xabcd_0000 | ax;
        bench.Cpu.Eflags = flags;
        bench.Call(HelperId.Decimal, (ulong)opcode);
        Assert.Equal((0xabcd_0000 | result, resultFlags), (bench.State->Gpr[0], bench.Cpu.Eflags));
    }

    [Fact]
    public void Aam_and_aad_are_inverse_and_aam_by_zero_divides_by_zero()
    {
        using var bench = SystemBench.Real();
        bench.State->Gpr[0] = 87;
        bench.Call(HelperId.Decimal, 0xd4, 10);
        Assert.Equal(0x0807UL, bench.State->Gpr[0]);
        bench.Call(HelperId.Decimal, 0xd5, 10);
        Assert.Equal(87UL, bench.State->Gpr[0]);
        bench.Call(HelperId.Decimal, 0xd4, 0);
        bench.AssertRaised(ExceptionVector.Divide);
    }

    [Theory]
    [InlineData(4, false)]
    [InlineData(-11, true)]
    [InlineData(11, true)]
    public void Bound_raises_outside_its_limits(long index, bool raises)
    {
        using var bench = SystemBench.Protected();
        bench.Call(HelperId.Bound, (ulong)index, unchecked((ulong)-10L), 10);
        Assert.Equal(raises, bench.Cpu.HasPending);
    }

    [Theory]
    [InlineData(8, 0x1100UL)]
    [InlineData(8, 0x1ffcUL)]
    [InlineData(16, 0x1100UL)]
    public void A_wide_exchange_succeeds_and_fails_as_the_instruction(int bytes, ulong address)
    {
        using var bench = SystemBench.Long();
        bench.Write(address, 8, 0x2222_2222_1111_1111);
        bench.Write(address + 8, 8, 7);
        bench.State->Gpr[0] = bytes == 8 ? 0x1111_1111UL : 0x2222_2222_1111_1111;
        bench.State->Gpr[2] = bytes == 8 ? 0x2222_2222UL : 7;
        bench.State->Gpr[3] = 0x3333_3333;
        bench.State->Gpr[1] = 0x4444_4444;
        bench.Call(HelperId.CmpXchgWide, address, (ulong)bytes, address == 0x1ffc ? 0UL : 1);
        Assert.Equal(0x40u, bench.Cpu.Eflags & 0x40);
        Assert.Equal(bytes == 8 ? 0x4444_4444_3333_3333UL : 0x3333_3333, bench.Read(address, 8));
        Assert.Equal(bytes == 8 ? 7UL : 0x4444_4444, bench.Read(address + 8, 8));

        bench.Call(HelperId.CmpXchgWide, address, (ulong)bytes, 0);
        Assert.Equal(0u, bench.Cpu.Eflags & 0x40);
        Assert.Equal(0x3333_3333UL, bench.State->Gpr[0]);
        Assert.Equal(0x4444_4444UL, bench.State->Gpr[2]);
    }

    [Fact]
    public void A_locked_exchange_over_two_pages_asks_to_run_alone()
    {
        using var bench = SystemBench.Long();
        bench.Call(HelperId.CmpXchgWide, 0x1ffc, 8, 1);
        Assert.Equal((uint)TbExitReason.Exclusive + 1, bench.State->HelperExit);
        Assert.False(bench.Cpu.HasPending);
    }

    [Fact]
    public void A_misaligned_sixteen_byte_exchange_is_a_general_protection()
    {
        using var bench = SystemBench.Long();
        bench.Call(HelperId.CmpXchgWide, 0x1108, 16, 1);
        bench.AssertRaised(ExceptionVector.GeneralProtection, 0);
    }
}
