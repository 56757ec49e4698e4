using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.X64;

/// <summary>DIV and IDIV at every size: results from plain arithmetic on wide integers, #DE where the quotient does not fit.</summary>
public sealed unsafe class DivideTests : IDisposable
{
    private readonly X64Machine _machine = new();

    private static readonly Code[,] Codes =
    {
        { Code.Div_rm8, Code.Div_rm16, Code.Div_rm32, Code.Div_rm64 },
        { Code.Idiv_rm8, Code.Idiv_rm16, Code.Idiv_rm32, Code.Idiv_rm64 },
    };

    [Theory]
    [InlineData(false, OpSize.B8)]
    [InlineData(false, OpSize.B16)]
    [InlineData(false, OpSize.B32)]
    [InlineData(false, OpSize.B64)]
    [InlineData(true, OpSize.B8)]
    [InlineData(true, OpSize.B16)]
    [InlineData(true, OpSize.B32)]
    [InlineData(true, OpSize.B64)]
    public void Division_is_exact_and_overflow_raises(bool signed, OpSize size)
    {
        var bits = 8 << (int)size;
        var lifted = new LiftedProgram();
        var divisor = GuestProgram.Gpr(11, size);
        var tb = _machine.Emit(lifted.Lift([Instruction.Create(Codes[signed ? 1 : 0, (int)size], divisor)]));
        ulong[] edges = [0, 1, 2, 3, ulong.MaxValue, ulong.MaxValue - 1, 1ul << bits - 1, (1ul << bits - 1) - 1, (1ul << bits - 1) + 1, 10, 0x55];
        var random = new Random(bits);
        foreach (var low in edges)
        {
            foreach (var high in edges)
            {
                foreach (var by in edges) Check(tb, signed, size, low, high, by);
                Check(tb, signed, size, low, high, (ulong)random.NextInt64());
                Check(tb, signed, size, (ulong)random.NextInt64(), high >> 1, low);
            }
        }
    }

    private void Check(Cache.TranslationBlock tb, bool signed, OpSize size, ulong low, ulong high, ulong by)
    {
        var bits = 8 << (int)size;
        var mask = bits == 64 ? ulong.MaxValue : (1ul << bits) - 1;
        var registers = default(Registers);
        registers.Flags = 0x8c5;
        registers.MxCsr = 0x1f80;
        registers.Gpr[0] = size == OpSize.B8 ? low & 0xff | (high & 0xff) << 8 : low;
        registers.Gpr[2] = high;
        registers.Gpr[11] = by;
        _machine.Set(registers);
        _machine.HelperCalls.Clear();
        var exit = _machine.Run(tb);
        var after = _machine.Get();
        Assert.Equal(registers.Flags, after.Flags);

        var dividend = (Int128)(((UInt128)(high & mask) << bits) | (low & mask));
        if (signed && bits < 64) dividend = (long)(ulong)dividend << 64 - 2 * bits >> 64 - 2 * bits;
        var unsignedDividend = ((UInt128)(high & mask) << bits) | (low & mask);
        var signedBy = (Int128)((long)(by << 64 - bits) >> 64 - bits);
        bool fits;
        ulong quotient = 0, remainder = 0;
        if (signed)
        {
            fits = signedBy != 0 && !(dividend == Int128.MinValue && signedBy == -1);
            if (fits)
            {
                var q = dividend / signedBy;
                fits = q >= -(Int128.One << bits - 1) && q < Int128.One << bits - 1;
                (quotient, remainder) = ((ulong)(q & mask), (ulong)(dividend % signedBy & mask));
            }
        }
        else
        {
            fits = (by & mask) != 0 && unsignedDividend / (by & mask) <= mask;
            if (fits) (quotient, remainder) = ((ulong)(unsignedDividend / (by & mask)), (ulong)(unsignedDividend % (by & mask)));
        }
        var what = $"{high & mask:x}:{low & mask:x} / {by & mask:x}";
        if (!fits)
        {
            Assert.True(exit.Reason == TbExitReason.Exception, what);
            Assert.Equal((HelperId.RaiseException, 0ul, 0ul, 0ul), Assert.Single(_machine.HelperCalls));
            Assert.Equal((registers.Gpr[0], registers.Gpr[2]), (after.Gpr[0], after.Gpr[2]));
            return;
        }
        Assert.True(exit.Reason == TbExitReason.Pause, what);
        var (a, d) = size switch
        {
            OpSize.B8 => (quotient | remainder << 8, high),
            OpSize.B16 => (low & ~mask | quotient, high & ~mask | remainder),
            _ => (quotient, remainder),
        };
        Assert.True((a, d) == (after.Gpr[0], after.Gpr[2]), $"{what}: {after.Gpr[0]:x} rest {after.Gpr[2]:x}, not {a:x} rest {d:x}");
    }

    public void Dispose() => _machine.Dispose();
}
