using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;
using Tcg.Mttcg.SelfTest.Machines;
using Tcg.Mttcg.SelfTest.Oracle;

namespace Tcg.Mttcg.Translator.Tests.Oracle;

/// <summary>
/// Random straight-line programs that end in a conditional jump, on the host and through lifter, passes and back end: what one instruction leaves to
/// the next, in registers and above all in flags. <c>MTTCG_ORACLE_PROGRAMS</c> sets how many.
/// </summary>
[Collection(HostPages.Collection)]
public class ProgramTests
{
    private const int LongestProgram = 12, RunsEach = 4;

    private static readonly int Programs = OracleTests.Setting("MTTCG_ORACLE_PROGRAMS", 600);
    private static readonly int Seed = OracleTests.Setting("MTTCG_ORACLE_SEED", 1);

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
        var programs = new ProgramSource(random, source, Register.None);

        for (var count = 0; count < Programs; count++)
        {
            if (!programs.DrawLine(LongestProgram)) continue;
            var forms = programs.Forms;
            byte[] code = [.. forms.SelectMany(form => form.Bytes)];
            var condition = Condition(random, programs.Undefined);
            byte[] jump = [(byte)(0x70 | condition), 0x40];
            guest.SetCode([.. code, .. jump], forms.Count + 1, optimised);
            if (guest.Block.GuestInstructions != forms.Count + 1) continue;
            native.SetCode(code);
            for (var run = 0; run < RunsEach; run++)
            {
                var before = scenario.Draw();
                Registers onHost = before, onGuest = before;
                native.Run(ref onHost);
                var reason = guest.Run(ref onGuest, out var rip);
                var fallThrough = NativeRunner.Slot + (uint)code.Length + 2;
                var expected = Holds(onHost.Flags, condition) ? fallThrough + 0x40 : fallThrough;
                var difference = Comparison.Differences(before, onHost, onGuest, programs.Undefined, arena);
                if (reason != TbExitReason.Exception && rip == expected && difference is null) continue;
                Assert.Fail($"program {count}: {reason} at {rip:x}, expected {expected:x}\n{string.Join('\n', forms)}\nj{(Condition)condition}\n{difference}\n{IrText.Print(guest.Block)}");
            }
        }
    }

    // One whose flags are all defined; JS or JNS of undefined flags would compare nothing.
    private static int Condition(RandomValues random, uint undefined)
    {
        while (true)
        {
            var condition = random.Below(16);
            if ((ReadBy(condition) & undefined) == 0 || undefined == Registers.ArithmeticFlags) return condition;
        }
    }

    private static uint ReadBy(int condition) => (condition >> 1) switch { 0 => 0x800, 1 => 1, 2 => 0x40, 3 => 0x41, 4 => 0x80, 5 => 4, 6 => 0x880, _ => 0x8c0u };

    private static bool Holds(ulong flags, int condition)
    {
        bool carry = (flags & 1) != 0, zero = (flags & 0x40) != 0, sign = (flags & 0x80) != 0, overflow = (flags & 0x800) != 0, parity = (flags & 4) != 0;
        bool[] even = [overflow, carry, zero, carry | zero, sign, parity, sign != overflow, zero | (sign != overflow)];
        return even[condition >> 1] != ((condition & 1) != 0);
    }
}
