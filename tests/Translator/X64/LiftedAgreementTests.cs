using Iced.Intel;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.X64;

/// <summary>Front end, passes and back end together against the bare host CPU.</summary>
public sealed class LiftedAgreementTests : IDisposable
{
    private readonly X64Machine _machine = new();
    private readonly NativeOracle _oracle = new();
    private readonly LiftedProgram _lifted = new();

    [Theory]
    [InlineData(11, 2, 1500, true)]
    [InlineData(12, 12, 800, true)]
    [InlineData(13, 12, 800, false)]
    public void Random_programs_agree(int seed, int length, int rounds, bool mapped)
    {
        var random = new Random(seed);
        if (mapped) _machine.MapAll();
        for (var round = 0; round < rounds; round++)
        {
            var program = new GuestProgram(X64Machine.NewBlock());
            var generator = new ProgramGenerator(random, program, memory: true);
            for (var i = 0; i < length; i++) generator.Next();
            Agreement.Check(_machine, _oracle, program, _lifted.Lift(program.Native), random, memory: true);
        }
    }

    [Theory]
    [InlineData(21, false, true, 0)]
    [InlineData(22, true, true, 32)]
    [InlineData(23, true, false, 48)]
    public void Every_sse_instruction_agrees(int seed, bool memory, bool mapped, int displacement)
    {
        var random = new Random(seed);
        if (mapped) _machine.MapAll();
        var count = 0;
        foreach (var code in SimdPrograms.Codes())
        {
            for (var round = 0; round < 4; round++)
            {
                var instruction = SimdPrograms.Create(code, random, memory, displacement);
                var program = new GuestProgram(X64Machine.NewBlock());
                program.Add(instruction);
                var block = _lifted.Lift(program.Native);
                if (block.Simd.Count == 0) break;
                count++;
                Agreement.Check(_machine, _oracle, program, block, random, memory: true);
            }
        }
        Assert.True(count > 800, $"only {count} programs ran");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Unaligned_and_page_crossing_moves_agree(bool mapped)
    {
        var random = new Random(31);
        if (mapped) _machine.MapAll();
        foreach (var code in new[] { Code.Movups_xmm_xmmm128, Code.Movups_xmmm128_xmm, Code.Movdqu_xmm_xmmm128, Code.Movsd_xmm_xmmm64, Code.Movss_xmmm32_xmm, Code.Lddqu_xmm_m128 })
        {
            foreach (var displacement in new[] { 1, 4095, 4090 })
            {
                var program = new GuestProgram(X64Machine.NewBlock());
                program.Add(SimdPrograms.Create(code, random, memory: true, displacement));
                Agreement.Check(_machine, _oracle, program, _lifted.Lift(program.Native), random, memory: true);
            }
        }
    }

    [Fact]
    public unsafe void A_misaligned_aligned_operand_raises_general_protection()
    {
        _machine.MapAll();
        var block = _lifted.Lift([SimdPrograms.Create(Code.Movaps_xmm_xmmm128, new Random(1), memory: true, 8)]);
        _machine.State->Gpr[15] = (ulong)_machine.Ram;
        Assert.Equal(TbExitReason.Exception, _machine.Run(_machine.Emit(block)).Reason);
        Assert.Equal((HelperId.RaiseException, 13ul, 0ul, 1ul), Assert.Single(_machine.HelperCalls));
    }

    public void Dispose()
    {
        _machine.Dispose();
        _oracle.Dispose();
    }
}
