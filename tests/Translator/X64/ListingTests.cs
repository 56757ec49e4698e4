using Iced.Intel;
using Tcg.Mttcg.Translator.Host.X64;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Tests.X64;

public sealed class ListingTests : IDisposable
{
    private readonly X64Machine _machine = new();
    private readonly LiftedProgram _lifted = new();

    [Fact]
    public void A_listing_names_thunks_and_helpers_and_ends_with_the_constants()
    {
        var tb = _machine.Emit(_lifted.Lift(
        [
            Instruction.Create(Code.Cpuid),
            Instruction.Create(Code.Mov_r64_imm64, Register.RBX, 0x123456789abcdefL),
            Instruction.Create(Code.Xor_rm64_r64, Register.RCX, Register.RBX),
        ]));
        var text = new StringWriter();
        X64Listing.Write(text, tb, _machine.Thunks);
        var lines = text.ToString().Split('\n');
        Assert.StartsWith("OUT: TB ", lines[0], StringComparison.Ordinal);
        Assert.Contains(lines, line => line.Contains("call", StringComparison.Ordinal) && line.Contains("helper_Cpuid", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("mttcg_exit", StringComparison.Ordinal));
    }

    [Fact]
    public unsafe void Equal_large_constants_are_pooled_once()
    {
        const ulong large = 0x0123_4567_89ab_cdef;
        var block = X64Machine.NewBlock();
        foreach (var (op, register) in new[] { (IrOp.Add, 3), (IrOp.Xor, 6), (IrOp.Sub, 12) })
        {
            ref var x = ref block.Append(op);
            (x.Size, x.Dst, x.A, x.B, x.SetsFlags) = (OpSize.B64, Operand.Gpr(register), Operand.Gpr(register), block.Constant(large), true);
        }
        block.Append(IrOp.ExitTb);
        var tb = _machine.Emit(block);
        Assert.Equal(8, tb.CodeOffset + tb.CodeBytes - tb.PoolOffset);
        Assert.Equal(0, tb.PoolOffset % 8);
        _machine.State->Gpr[3] = 1;
        _machine.State->Gpr[6] = large;
        _machine.Run(tb);
        Assert.Equal((large + 1, 0ul, unchecked(0 - large)), (_machine.State->Gpr[3], _machine.State->Gpr[6], _machine.State->Gpr[12]));
        var text = new StringWriter();
        X64Listing.Write(text, tb, _machine.Thunks);
        Assert.Contains($".quad 0x{large:x}", text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_perf_map_has_a_line_for_each_thunk_and_block()
    {
        var path = Path.Combine(Path.GetTempPath(), $"perf-test-{Environment.ProcessId}.map");
        try
        {
            using (var map = new X64PerfMap(path))
            {
                map.Add(_machine.Thunks);
                map.Add(_machine.Emit(_lifted.Lift([Instruction.Create(Code.Nopd)])));
            }
            var lines = File.ReadAllLines(path);
            Assert.Equal(_machine.Thunks.Names.Count + 1, lines.Length);
            Assert.Matches("^[0-9a-f]+ [0-9a-f]+ mttcg_enter$", lines[0]);
            Assert.Matches("^[0-9a-f]+ [0-9a-f]+ guest_0x400000_tb1$", lines[^1]);
        }
        finally
        {
            File.Delete(path);
        }
    }

    public void Dispose() => _machine.Dispose();
}
