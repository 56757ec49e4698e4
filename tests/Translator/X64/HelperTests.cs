using System.Runtime.Intrinsics.X86;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.X64;

/// <summary>Helper calls: arguments, results, exact state, exits and unwinding.</summary>
public sealed unsafe class HelperTests : IDisposable
{
    private readonly X64Machine _machine = new();

    private static void Call(IrBlock block, HelperId id, Operand to = default, Operand a = default, Operand b = default, Operand c = default)
    {
        ref var x = ref block.Append(IrOp.Call);
        (x.Size, x.Imm, x.Dst, x.A, x.B, x.C) = (OpSize.B64, (ulong)id, to, a, b, c);
    }

    private static void Exit(IrBlock block)
    {
        ref var x = ref block.Append(IrOp.ExitTb);
        (x.A, x.Aux) = (block.Constant(5), (byte)TbExitReason.Lookup);
    }

    private static void Move(IrBlock block, Operand to, Operand from)
    {
        ref var x = ref block.Append(IrOp.Mov);
        (x.Size, x.Dst, x.A) = (OpSize.B64, to, from);
    }

    [Fact]
    public void A_helper_gets_its_arguments_and_exact_state_and_all_registers_survive()
    {
        var block = X64Machine.NewBlock();
        var temps = Enumerable.Range(0, 6).Select(_ => block.NewTemp()).ToArray();
        for (var i = 0; i < temps.Length; i++) Move(block, temps[i], block.Constant(0x1111_2222_3333_0000ul + (ulong)i));
        Move(block, Operand.Gpr(3), block.Constant(0xabcdef));
        Call(block, HelperId.Cpuid, Operand.Gpr(6), Operand.Gpr(0), Operand.Gpr(12), block.Constant(0x123456789abcdef));
        for (var i = 0; i < temps.Length; i++) Move(block, Operand.Gpr(8 + i), temps[i]);
        Exit(block);
        var tb = _machine.Emit(block);

        for (var i = 0; i < 16; i++)
        {
            _machine.State->Gpr[i] = 0x1000ul + (ulong)i;
            for (var k = 0; k < 32; k++) _machine.State->Vector[64 * i + k] = Pattern(i, k);
        }
        _machine.OnHelper = (_, _, _, _) =>
        {
            Assert.Equal(0xabcdeful, _machine.State->Gpr[3]);
            Assert.NotEqual(0ul, _machine.State->HostReturn);
            _machine.State->Gpr[2] = 0xfeed;
            ClobberVectors();
            return 0x5555;
        };
        _machine.Run(tb);
        Assert.Equal((HelperId.Cpuid, 0x1000ul, 0x100cul, 0x123456789abcdeful), _machine.HelperCalls[0]);
        Assert.Equal(0x5555ul, _machine.State->Gpr[6]);
        Assert.Equal(0xfeedul, _machine.State->Gpr[2]);
        Assert.Equal(0x1005ul, _machine.State->Gpr[5]);
        Assert.Equal(0ul, _machine.State->HostReturn);
        Assert.Equal(1ul, _machine.State->HelperCalls);
        for (var i = 0; i < temps.Length; i++) Assert.Equal(0x1111_2222_3333_0000ul + (ulong)i, _machine.State->Gpr[8 + i]);
        for (var i = 0; i < 16; i++)
            for (var k = 0; k < 32; k++) Assert.Equal(Pattern(i, k), _machine.State->Vector[64 * i + k]);
    }

    // Upper halves of YMM registers are the guest's where the host has them.
    private static byte Pattern(int register, int at) => at < 16 || Avx.IsSupported ? (byte)(16 * register + at + (at >> 4)) : (byte)0;

    [Theory]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(14)]
    [InlineData(15)]
    public void Upper_halves_survive_a_helper_whichever_are_in_use(int register)
    {
        if (!Avx.IsSupported) return;
        var block = X64Machine.NewBlock();
        Call(block, HelperId.Rdtsc);
        Exit(block);
        var tb = _machine.Emit(block);
        if (register >= 0) _machine.State->Vector[64 * register + 31] = 0x80;
        _machine.OnHelper = (_, _, _, _) => (ulong)ClobberVectors();
        _machine.Run(tb);
        for (var i = 0; i < 16; i++) Assert.Equal(i == register ? 0x80 : 0, _machine.State->Vector[64 * i + 31]);
        for (var i = 0; i < 16; i++) Assert.False(new Span<byte>(_machine.State->Vector + 64 * i, 31).ContainsAnyExcept((byte)0));
    }

    private static double ClobberVectors()
    {
        var sum = 0.0;
        for (var i = 1; i < 40; i++) sum += Math.Sin(i) / i;
        Span<byte> bytes = stackalloc byte[200];
        bytes.Fill((byte)sum);
        return sum + bytes.IndexOfAnyExcept((byte)sum);
    }

    [Fact]
    public void A_helper_that_leaves_ends_the_block_and_its_return_address_unwinds_to_the_instruction()
    {
        var block = X64Machine.NewBlock();
        block.Append(IrOp.InsnStart).Imm = X64Machine.CodePc;
        Move(block, Operand.Gpr(0), block.Constant(1));
        block.Append(IrOp.InsnStart).Imm = X64Machine.CodePc + 5;
        Call(block, HelperId.Rdmsr);
        block.Append(IrOp.InsnStart).Imm = X64Machine.CodePc + 7;
        Move(block, Operand.Gpr(0), block.Constant(2));
        Exit(block);
        var tb = _machine.Emit(block);
        _machine.OnHelper = (_, _, _, _) =>
        {
            _machine.Cpu.LeaveAfterHelper(TbExitReason.Exception);
            return 0;
        };
        var exit = _machine.Run(tb);
        Assert.Equal((0, TbExitReason.Exception), (exit.TbId, exit.Reason));
        Assert.Equal(1ul, _machine.State->Gpr[0]);
        Assert.Equal(0u, _machine.State->HelperExit);
        Assert.Equal(5, UnwindTable.Find(tb.Unwind, (int)(_machine.State->HostReturn - tb.Entry)));
    }

    [Fact]
    public void Guest_mxcsr_rounds_in_translated_code_and_not_in_helpers_and_its_status_bits_are_collected()
    {
        var block = X64Machine.NewBlock();
        var divide = Iced.Intel.Instruction.Create(Iced.Intel.Code.Divsd_xmm_xmmm64, Iced.Intel.Register.XMM1, Iced.Intel.Register.XMM2);
        block.Simd.Add(new IrSimd { Instruction = divide });
        block.Append(IrOp.Simd).Imm = 0;
        Call(block, HelperId.Rdtsc);
        block.Append(IrOp.Simd).Imm = 0;
        Exit(block);
        var tb = _machine.Emit(block);
        *(double*)(_machine.State->Vector + 64) = 1;
        *(double*)(_machine.State->Vector + 128) = 3;
        _machine.State->MxCsr = _machine.State->HostMxCsr = 0x1f80 | 2 << 13;
        var third = 0.0;
        _machine.OnHelper = (_, _, _, _) =>
        {
            third = Divide(1, 3);
            return 0;
        };
        _machine.Run(tb);
        Assert.Equal(1.0 / 3, third);
        Assert.Equal(0x1fa0u | 2 << 13, _machine.State->MxCsr);
        // Rounded up twice: above the host's rounding of the same quotients.
        Assert.True(*(double*)(_machine.State->Vector + 64) > 1.0 / 3 / 3);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static double Divide(double a, double b) => a / b;

    public void Dispose() => _machine.Dispose();
}
