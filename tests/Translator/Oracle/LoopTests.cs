using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;
using Tcg.Mttcg.SelfTest.Machines;
using Tcg.Mttcg.SelfTest.Oracle;

namespace Tcg.Mttcg.Translator.Tests.Oracle;

/// <summary>
/// Random loops of one block, counted down in a register that the body leaves alone, on the host and through the translator: what one round leaves
/// to the next. <c>MTTCG_ORACLE_PROGRAMS</c> sets how many.
/// </summary>
[Collection(HostPages.Collection)]
public class LoopTests
{
    private const int LongestBody = 8, RunsEach = 4, MostRounds = 6, CounterNumber = 7;

    private static readonly int Programs = OracleTests.Setting("MTTCG_ORACLE_PROGRAMS", 600);
    private static readonly int Seed = OracleTests.Setting("MTTCG_ORACLE_SEED", 1);
    private static readonly Code[] Ways64 = [Code.Jne_rel32_64, Code.Jne_rel32_64, Code.Jg_rel32_64, Code.Jns_rel32_64];
    private static readonly Code[] Ways32 = [Code.Jne_rel32_32, Code.Jne_rel32_32, Code.Jg_rel32_32, Code.Jns_rel32_32];

    [Theory]
    [MemberData(nameof(OracleTests.Modes), MemberType = typeof(OracleTests))]
    public void The_interpreter_agrees_with_the_host(int bitness, bool optimised) => Compare(translated: false, bitness, optimised);

    [Theory]
    [MemberData(nameof(OracleTests.Modes), MemberType = typeof(OracleTests))]
    public void Translated_code_agrees_with_the_host(int bitness, bool optimised) => Compare(translated: true, bitness, optimised);

    private static void Compare(bool translated, int bitness, bool optimised)
    {
        if (!NativeRunner.IsSupported) return;
        using var machine = TestMachine.With(Engine.Interpreter);
        using var arena = new Arena(machine);
        using var native = new NativeRunner(OracleMode.Of(bitness));
        using var backEnd = new OracleBackEnd(translated);
        var guest = new GuestRunner(machine, OracleMode.Of(bitness), backEnd);
        var random = new RandomValues(Seed);
        var source = new FormSource(random, OracleMode.Of(bitness));
        var scenario = new Scenario(random, arena, OracleMode.Of(bitness));
        var programs = new ProgramSource(random, source, bitness == 64 ? Register.RDI : Register.EDI);

        for (var count = 0; count < Programs; count++)
        {
            if (!programs.DrawLoop(LongestBody, bitness == 64 ? Ways64 : Ways32)) continue;
            byte[] code = [.. programs.Forms.SelectMany(form => form.Bytes)];
            guest.SetCode(code, programs.Forms.Count, optimised);
            if (guest.Block.GuestInstructions != programs.Forms.Count) continue;
            native.SetCode(code);
            for (var run = 0; run < RunsEach; run++)
            {
                var before = scenario.Draw();
                SetCounter(ref before, 1 + (uint)random.Below(MostRounds));
                Registers onHost = before, onGuest = before;
                native.Run(ref onHost);
                var reason = guest.Run(ref onGuest, out var rip);
                var expected = NativeRunner.Slot + (uint)code.Length;
                var difference = Comparison.Differences(before, onHost, onGuest, programs.Undefined, arena);
                if (reason != TbExitReason.Exception && rip == expected && difference is null) continue;
                Assert.Fail($"loop {count}: {reason} at {rip:x}, expected {expected:x}\n{string.Join('\n', programs.Forms)}\n{difference}\n{IrText.Print(guest.Block)}");
            }
        }
    }

    private static unsafe void SetCounter(ref Registers registers, ulong rounds) => registers.Gpr[CounterNumber] = rounds;
}
