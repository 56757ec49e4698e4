using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;
using Tcg.Mttcg.SelfTest.Machines;
using Tcg.Mttcg.SelfTest.Oracle;

namespace Tcg.Mttcg.Translator.Tests.Oracle;

/// <summary>
/// Random programs in whose middle an instruction meets a page that is not there: the guest must stop with #PF in the exact state that the host has
/// after the instructions before it, memory included.
/// </summary>
[Collection(HostPages.Collection)]
public class FaultTests
{
    private const int Longest = 6, RunsEach = 3, PageFault = 14;

    // The end of the arena's large page: the next one is not mapped. Whole accesses beyond it, and accesses across.
    private const ulong Unmapped = Arena.Address + 0x200000;

    private static readonly int Programs = OracleTests.Setting("MTTCG_ORACLE_PROGRAMS", 600);
    private static readonly int Seed = OracleTests.Setting("MTTCG_ORACLE_SEED", 1);

    [Theory]
    [MemberData(nameof(OracleTests.Modes), MemberType = typeof(OracleTests))]
    public void The_interpreter_stops_exactly(int bitness, bool optimised) => Compare(translated: false, bitness, optimised);

    [Theory]
    [MemberData(nameof(OracleTests.Modes), MemberType = typeof(OracleTests))]
    public void Translated_code_stops_exactly(int bitness, bool optimised) => Compare(translated: true, bitness, optimised);

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
            var memory = random.Below(2) == 0 ? Unmapped + (uint)random.Below(32) * 32 : Unmapped - 1;
            if (!programs.DrawFaulting(Longest, memory, out var prefix)) continue;
            var forms = programs.Forms;
            if (memory < Unmapped && !Crosses(forms[prefix].Instruction)) continue;
            byte[] before = [.. forms.Take(prefix).SelectMany(form => form.Bytes)];
            guest.SetCode([.. forms.SelectMany(form => form.Bytes)], forms.Count, optimised);
            if (guest.Block.GuestInstructions <= prefix) continue;
            native.SetCode(before);
            for (var run = 0; run < RunsEach; run++)
            {
                var start = scenario.Draw();
                Registers onHost = start, onGuest = start;
                native.Run(ref onHost);
                var edge = arena.GuestEnd;
                edge.Fill(0xee);
                var reason = guest.Run(ref onGuest, out var rip);
                var expected = NativeRunner.Slot + (uint)before.Length;
                var difference = Comparison.Differences(start, onHost, onGuest, programs.UndefinedAtFault, arena);
                var torn = edge.ContainsAnyExcept((byte)0xee);
                if (reason == TbExitReason.Exception && guest.Vector == PageFault && rip == expected && difference is null && !torn) continue;
                Assert.Fail($"program {count}: {reason} {guest.Vector} at {rip:x}, expected {expected:x}, torn store: {torn}\n{string.Join('\n', forms)}\n{difference}\n{IrText.Print(guest.Block)}");
            }
        }
    }

    // LOCK across pages needs all processors stopped before it can fault, and SSE wants alignment before pages.
    private static bool Crosses(in Instruction instruction) =>
        !instruction.HasLockPrefix && instruction.Mnemonic != Mnemonic.Xchg && instruction.MemorySize.GetSize() > 1 && !Alignment.IsRequired(instruction);
}
