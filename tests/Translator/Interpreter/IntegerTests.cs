using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;
using static Tcg.Mttcg.Translator.Ir.ArithmeticFlags;

namespace Tcg.Mttcg.Translator.Tests.Interpreter;

/// <summary>Single operations with known answers. Inputs: rax = a, rcx = b, carry; outputs: rax and all flags.</summary>
public class IntegerTests
{
    [Theory]
    [InlineData("rax = add.8.flags rax, rcx", 0x117f, 0x01, false, 0x1180, OF | SF | AF)]
    [InlineData("rax = add.32.flags rax, rcx", 0xffff_ffff_ffff_fffful, 1, false, 0, CF | ZF | PF | AF)]
    [InlineData("rax = add.64.flags rax, rcx", 0xffff_ffff_ffff_fffful, 1, false, 0, CF | ZF | PF | AF)]
    [InlineData("rax = adc.64.flags rax, rcx", 0xffff_ffff_ffff_fffful, 0, true, 0, CF | ZF | PF | AF)]
    [InlineData("rax = sub.16.flags rax, rcx", 0x8000, 1, false, 0x7fff, OF | PF | AF)]
    [InlineData("sub.64.flags rax, rcx", 1, 2, false, 1, CF | SF | PF | AF)]
    [InlineData("rax = sbb.32.flags rax, rax", 0x5, 0, true, 0xffffffff, CF | SF | PF | AF)]
    [InlineData("rax = xor.32.flags rax, rax", 0x1234_5678_9abcul, 0, true, 0, ZF | PF)]
    [InlineData("rax = inc.8.flags rax", 0xff, 0, true, 0, CF | ZF | PF | AF)]
    [InlineData("rax = dec.32.flags rax", 0x80000000, 0, true, 0x7fffffff, CF | OF | PF | AF)]
    [InlineData("rax = neg.64.flags rax", 0, 0, true, 0, ZF | PF)]
    [InlineData("rax = shl.8.flags rax, rcx", 0x81, 1, false, 0x02, CF | OF)]
    [InlineData("rax = shl.8.flags rax, rcx", 0xc1, 1, false, 0x82, CF | SF | PF)]
    [InlineData("rax = shl.32.flags rax, rcx", 0x81, 32, true, 0x81, CF)]
    [InlineData("rax = sar.16.flags rax, rcx", 0x8001, 31, false, 0xffff, CF | SF | PF)]
    [InlineData("rax = rcl.8.flags rax, rcx", 0x80, 1, true, 0x01, CF | OF)]
    [InlineData("rax = ror.64.flags rax, rcx", 1, 1, false, 0x8000_0000_0000_0000ul, CF | OF)]
    [InlineData("rax = shld.64.flags rax, rcx, 0x4", 0xf000_0000_0000_0000ul, 0xa000_0000_0000_0000ul, false, 0xa, CF | PF | OF)]
    [InlineData("rax = imul.16.flags rax, rcx", 0x100, 0x100, false, 0, CF | OF | PF)]
    [InlineData("rax = bsf.32.flags rcx", 0x77, 0, false, 0x77, ZF | PF)]
    [InlineData("rax = tzcnt.16.flags rcx", 0, 0, false, 16, CF)]
    [InlineData("rax = lzcnt.16.flags rcx", 0, 1, false, 15, PF)]
    [InlineData("rax = popcnt.8.flags rcx", 0, 0x1ff, false, 8, None)]
    [InlineData("bt.16.flags rax, rcx", 0x8, 0x13, false, 8, CF)]
    [InlineData("rax = setcc.8.b", 0xff00, 0, true, 0xff01, CF)]
    [InlineData("rax = extract_high rcx", 0xff00, 0xab00, false, 0xffab, None)]
    [InlineData("rax = insert_high rcx", 0x1111, 0xab, false, 0xab11, None)]
    [InlineData("rax = add.8 rax, rcx", 0xff, 1, true, 0, CF)]
    [InlineData("rax = cmov.32.e rcx, rax", 0x1_0000_0002ul, 0, false, 2, None)]
    public void An_operation_gives_its_result_and_flags(string line, ulong a, ulong b, bool carry, ulong result, ArithmeticFlags flags)
    {
        using var cpu = new InterpretedCpu();
        Execute(cpu, line.Replace("setcc", "set_cc", StringComparison.Ordinal), a, b, carry);
        Assert.Equal((result, flags), (Gpr(cpu, 0), Flags(cpu)));
    }

    [Theory]
    [InlineData("rax, rdx = mul_wide.64.flags rax, rcx", ulong.MaxValue, ulong.MaxValue, 1, ulong.MaxValue - 1)]
    [InlineData("rax, rdx = imul_wide.32.flags rax, rcx", 0xffffffff, 2, 0xfffffffe, 0xffffffff)]
    [InlineData("rax, rdx = div.32 rax, 0x1, rcx", 5, 0x10, 0x10000000, 5)]
    [InlineData("rax, rdx = idiv.16 rax, 0xffff, rcx", 0xfff9, 2, 0xfffd, 0xffff)]
    public void A_double_width_operation_gives_both_halves(string line, ulong a, ulong b, ulong low, ulong high)
    {
        using var cpu = new InterpretedCpu();
        Execute(cpu, line, a, b, false);
        Assert.Equal((low, high), (Gpr(cpu, 0), Gpr(cpu, 2)));
    }

    [Fact]
    public void Shl_by_zero_leaves_flags()
    {
        using var cpu = new InterpretedCpu();
        Execute(cpu, "rax = shl.64.flags rax, 0x40", 1, 0, true);
        Assert.Equal(CF, Flags(cpu));
    }

    private static void Execute(InterpretedCpu cpu, string line, ulong a, ulong b, bool carry)
    {
        SetGpr(cpu, 0, a);
        SetGpr(cpu, 1, b);
        SetCarry(cpu, carry);
        Assert.Equal(new TbExit(7, TbExitReason.Lookup), cpu.Run($"insn_start 0x100\n{line}\nexit_tb lookup, 0x200"));
    }

    private static unsafe ulong Gpr(InterpretedCpu cpu, int number) => cpu.State->Gpr[number];

    private static unsafe void SetGpr(InterpretedCpu cpu, int number, ulong value) => cpu.State->Gpr[number] = value;

    private static unsafe void SetCarry(InterpretedCpu cpu, bool carry) => cpu.State->FlagsLow = (byte)(carry ? 3 : 2);

    private static unsafe ArithmeticFlags Flags(InterpretedCpu cpu) =>
        (ArithmeticFlags)((cpu.State->FlagsLow & 0xd5) | (cpu.State->FlagOverflow << 11));
}
