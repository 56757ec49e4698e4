using Iced.Intel;
using Tcg.Mttcg.SelfTest.Machines;
using Tcg.Mttcg.SelfTest.Oracle;
using Tcg.Mttcg.Translator.Guest;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.Vectors;

/// <summary>
/// Every instruction that may raise #XM, with random exceptions unmasked. Translated code either gives the interpreter's result, or has changed
/// nothing and leaves the instruction to the interpreter; and that only where the interpreter raises the exception, or for underflow unmasked and for stores.
/// </summary>
[Collection(HostPages.Collection)]
public sealed class SimdExceptionAgreementTests
{
    private const int SimdError = 19, DrawsEach = 4, CasesEach = 12;
    private const ulong Masks = 0x1f80, UnderflowMask = 0x800;

    [Theory]
    [InlineData(64)]
    [InlineData(32)]
    public void Translated_code_raises_what_the_interpreter_raises(int bitness)
    {
        if (!OracleRun.IsSupported) return;
        var mode = OracleMode.Of(bitness);
        using var machine = TestMachine.With(Engine.Interpreter);
        using var arena = new Arena(machine);
        using var jit = new OracleBackEnd(translated: true);
        using var interpreter = new OracleBackEnd(translated: false);
        GuestRunner translated = new(machine, mode, jit), interpreted = new(machine, mode, interpreter);
        var random = new RandomValues(5);
        var source = new FormSource(random, mode);
        var scenario = new Scenario(random, arena, mode);
        int raised = 0, passed = 0;
        foreach (var info in LiftTable.Rows.SelectMany(row => source.EncodingsOf(row.Mnemonic)).Where(info => !Exclusions.Has(info)))
        {
            for (var draw = 0; draw < DrawsEach; draw++)
            {
                if (source.Draw(info, memory: (draw & 1) != 0) is not { } form) continue;
                interpreted.SetCode(form.Bytes, 1, optimise: true, raises: true);
                if (!interpreted.Block.Simd.Any(simd => simd.Raises)) break;
                translated.SetCode(form.Bytes, 1, optimise: true, raises: true);
                for (var run = 0; run < CasesEach; run++)
                {
                    if (!scenario.Draw(form.Instruction, out var before)) continue;
                    before.MxCsr &= ~((ulong)random.Below(64) << 7);
                    if (random.Below(8) != 0) before.MxCsr |= UnderflowMask;
                    if (Compare(form, before, arena, mode, translated, interpreted)) raised++;
                    else passed++;
                }
            }
        }
        Assert.True(raised > 1000 && passed > 1000, $"{raised} raised, {passed} did not");
    }

    /// <summary>True: it raised.</summary>
    private static bool Compare(Form form, in Registers before, Arena arena, OracleMode mode, GuestRunner translated, GuestRunner interpreted)
    {
        Registers expected = before, actual = before;
        arena.RestoreGuest();
        interpreted.Run(ref expected, out _);
        var raised = interpreted.Vector == SimdError;
        Assert.True(raised || interpreted.Vector < 0, $"{form}: the interpreter raised {interpreted.Vector}");
        byte[] memory = [.. arena.GuestData];

        arena.RestoreGuest();
        var reason = translated.Run(ref actual, out var rip);
        var left = reason == TbExitReason.Interpret;
        var always = (before.MxCsr & UnderflowMask) == 0 || form.Instruction.Op0Kind == OpKind.Memory;
        Assert.True(left ? raised || always : !raised && !always, $"{form}: left {left}, raised {raised}, mxcsr {before.MxCsr:x}");
        Assert.Equal(left ? mode.Start : mode.Start + (uint)form.Bytes.Length, rip);
        if (left)
        {
            Same(form, before, actual, 0);
            // All that a raised exception changes is MXCSR.
            if (raised) Same(form, before with { MxCsr = expected.MxCsr }, expected, 0);
            return raised;
        }
        Same(form, expected, actual, Exclusions.UndefinedFlags(form.Instruction));
        Assert.True(arena.GuestData.SequenceEqual(memory), $"{form}: memory");
        return false;
    }

    private static unsafe void Same(Form form, Registers expected, Registers actual, uint undefinedFlags)
    {
        for (var i = 0; i < 16; i++) Assert.True(expected.Gpr[i] == actual.Gpr[i], $"{form}: register {i}");
        Assert.True(new Span<byte>(expected.Vector, 16 * Registers.VectorBytes).SequenceEqual(new Span<byte>(actual.Vector, 16 * Registers.VectorBytes)), $"{form}: vectors");
        Assert.True((expected.MxCsr & (Masks | 0x3f)) == (actual.MxCsr & (Masks | 0x3f)), $"{form}: mxcsr {expected.MxCsr:x} {actual.MxCsr:x}");
        var mask = Registers.ArithmeticFlags & ~undefinedFlags;
        Assert.True((expected.Flags & mask) == (actual.Flags & mask), $"{form}: flags");
    }
}
