using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.SystemState;

public unsafe class X87Tests
{
    private const ulong Operand = 0x10000;

    [Fact]
    public void Fninit_sets_what_the_manual_says()
    {
        using var bench = Ready();
        bench.Call(HelperId.X87, 0x17e, 0);
        bench.Call(HelperId.X87, 0x138 | 0, Operand, 4);
        bench.Call(HelperId.X87, 0x538, Operand + 2, 4);
        Assert.Equal((0x37fUL, 0UL, 0xff), (bench.Read(Operand, 2), bench.Read(Operand + 2, 2), bench.State->X87Tag));
    }

    // escape<<8 | modrm of a register form that pushes a constant; the 80-bit result.
    [Theory]
    [InlineData(0x1e8, 0x3fff, 0x8000000000000000)]
    [InlineData(0x1eb, 0x4000, 0xc90fdaa22168c235)]
    [InlineData(0x1ed, 0x3ffe, 0xb17217f7d1cf79ac)]
    [InlineData(0x1ee, 0x0000, 0x0000000000000000)]
    public void Constants_have_all_their_bits(ulong opcode, int exponent, ulong significand)
    {
        using var bench = Ready();
        bench.Call(HelperId.X87, opcode);
        bench.Call(HelperId.X87, 0x33e, Operand);
        Assert.Equal(((ulong)exponent, significand), (bench.Read(Operand + 8, 2), bench.Read(Operand, 8)));
        Assert.Equal(0xff, bench.State->X87Tag);
    }

    [Fact]
    public void Arithmetic_keeps_extended_precision()
    {
        using var bench = Ready();
        // 1/3 needs all 64 bits of the significand.
        bench.Call(HelperId.X87, 0x1e8);
        bench.Write(Operand, 4, 3);
        bench.Call(HelperId.X87, 0x236, Operand);
        bench.Call(HelperId.X87, 0x33e, Operand);
        Assert.Equal((0xaaaaaaaaaaaaaaabUL, 0x3ffdUL), (bench.Read(Operand, 8), bench.Read(Operand + 8, 2)));
        Assert.Equal(0x20, bench.State->X87Status & 0x3f);
    }

    [Theory]
    [InlineData(1.0, 2.0, 0x01u)]
    [InlineData(2.0, 2.0, 0x40u)]
    [InlineData(3.0, 2.0, 0x00u)]
    [InlineData(double.NaN, 2.0, 0x45u)]
    public void Fcomi_writes_the_guests_flags(double top, double other, uint flags)
    {
        using var bench = Ready();
        Load(bench, other);
        Load(bench, top);
        bench.Cpu.Eflags |= 0x891;
        bench.Call(HelperId.X87, 0x3e9);
        Assert.Equal(flags, bench.Cpu.Eflags & 0x8d5);
        Assert.Equal(0x3000, bench.State->X87Status & 0x3800);
    }

    [Theory]
    [InlineData(0x01u, 5.0)]
    [InlineData(0x00u, 7.0)]
    public void Fcmovb_reads_the_guests_carry(uint carry, double result)
    {
        using var bench = Ready();
        Load(bench, 5);
        Load(bench, 7);
        bench.Cpu.Eflags = carry;
        bench.Call(HelperId.X87, 0x2c1);
        bench.Call(HelperId.X87, 0x51e, Operand);
        Assert.Equal(result, BitConverter.UInt64BitsToDouble(bench.Read(Operand, 8)));
    }

    [Fact]
    public void A_masked_stack_underflow_gives_the_indefinite_and_sticks()
    {
        using var bench = Ready();
        bench.Call(HelperId.X87, 0x1c0);
        Assert.Equal(0x41, bench.State->X87Status & 0x7f);
        Load(bench, 1);
        Assert.Equal(0x41, bench.State->X87Status & 0x7f);
        bench.Call(HelperId.X87, 0x3e2);
        Assert.Equal(0, bench.State->X87Status & 0xff);
    }

    [Fact]
    public void An_unmasked_division_by_zero_waits_for_the_next_instruction()
    {
        using var bench = Ready();
        bench.Write(Operand, 2, 0x37b);
        bench.Call(HelperId.X87, 0x128 | 0, Operand);
        Load(bench, 0);
        Load(bench, 1);
        bench.Call(HelperId.X87, 0x0f1);
        Assert.False(bench.Cpu.HasPending);
        Assert.Equal(0x8084, bench.State->X87Status & 0x8087);
        bench.Call(HelperId.X87, 0x7e0);
        Assert.False(bench.Cpu.HasPending);
        bench.Call(HelperId.X87, 0x800);
        bench.AssertRaised(ExceptionVector.FloatingPoint);
        Assert.Equal(0x3000, bench.State->X87Status & 0x3800);
    }

    [Fact]
    public void Fnsave_and_frstor_are_inverse()
    {
        using var bench = Ready();
        bench.Call(HelperId.X87, 0x1eb);
        bench.Call(HelperId.X87, 0x1e8);
        bench.Call(HelperId.X87, 0x536, Operand, 4);
        Assert.Equal((0xff, 0), (bench.State->X87Tag, bench.State->X87Status));
        Assert.Equal((0x3000UL, 0x0fffUL), (bench.Read(Operand + 4, 2), bench.Read(Operand + 8, 2)));
        bench.Call(HelperId.X87, 0x526, Operand, 4);
        Assert.Equal((0x3f, 0x3000), (bench.State->X87Tag, bench.State->X87Status));
        bench.Call(HelperId.X87, 0x33e, Operand + 0x200);
        bench.Call(HelperId.X87, 0x33e, Operand + 0x200);
        Assert.Equal(0xc90fdaa22168c235UL, bench.Read(Operand + 0x200, 8));
    }

    // SDM 1, figures 8-10 and 8-12.
    [Fact]
    public void In_real_mode_the_environment_has_linear_pointers_and_the_opcode()
    {
        using var bench = SystemBench.Real();
        bench.Call(HelperId.X87, 0x3e3);
        bench.State->X87Ip = 0x123456;
        bench.State->X87Dp = 0xa9876;
        bench.State->X87Opcode = 0x5d9;
        bench.Call(HelperId.X87, 0x136, Operand, 2);
        Assert.Equal((0x3456UL, 0x25d9UL, 0x9876UL, 0xa000UL), (bench.Read(Operand + 6, 2), bench.Read(Operand + 8, 2), bench.Read(Operand + 10, 2), bench.Read(Operand + 12, 2)));
        bench.Call(HelperId.X87, 0x136, Operand, 4);
        Assert.Equal((0xffff3456UL, 0x0125d9UL, 0xffff9876UL, 0x00a000UL), (bench.Read(Operand + 12, 4), bench.Read(Operand + 16, 4), bench.Read(Operand + 20, 4), bench.Read(Operand + 24, 4)));
        (bench.State->X87Ip, bench.State->X87Dp, bench.State->X87Opcode) = (0, 0, 0);
        bench.Call(HelperId.X87, 0x126, Operand, 4);
        Assert.Equal((0x123456UL, 0xa9876UL, 0x5d9), (bench.State->X87Ip, bench.State->X87Dp, bench.State->X87Opcode));
    }

    [Fact]
    public void Pointers_are_the_guests_own()
    {
        using var bench = Ready();
        Load(bench, 1);
        Assert.Equal((0x5000UL, Operand, 0x506), (bench.State->X87Ip, bench.State->X87Dp, bench.State->X87Opcode));
    }

    [Fact]
    public void A_store_to_an_absent_page_pops_nothing()
    {
        using var bench = Ready();
        Load(bench, 1);
        bench.Call(HelperId.X87, 0x51e, 0x100000);
        bench.AssertRaised(ExceptionVector.PageFault, 2);
        Assert.Equal(0x7f, bench.State->X87Tag);
    }

    private static SystemBench Ready()
    {
        var bench = SystemBench.Long();
        bench.Call(HelperId.X87, 0x3e3);
        return bench;
    }

    private static void Load(SystemBench bench, double value)
    {
        bench.Write(Operand, 8, BitConverter.DoubleToUInt64Bits(value));
        bench.Call(HelperId.X87, 0x506, Operand);
    }
}
