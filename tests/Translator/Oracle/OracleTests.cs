using System.Text;
using Iced.Intel;
using Tcg.Mttcg.Translator.Guest;
using Tcg.Mttcg.Translator.Runtime;
using Tcg.Mttcg.SelfTest.Machines;
using Tcg.Mttcg.SelfTest.Oracle;
using Xunit.Abstractions;

namespace Tcg.Mttcg.Translator.Tests.Oracle;

/// <summary>
/// The host processor against the translator: the same bytes, registers and memory on both, for every encoding of every liftable mnemonic that user
/// code can run. <c>MTTCG_ORACLE_CASES</c> sets the cases per encoding and operand form, <c>MTTCG_ORACLE_SEED</c> the seed,
/// <c>MTTCG_ORACLE_ONLY</c> one mnemonic.
/// </summary>
[Collection(HostPages.Collection)]
public class OracleTests(ITestOutputHelper output)
{
    private static readonly int FormsPerEncoding = 4;
    private static readonly int Cases = Setting("MTTCG_ORACLE_CASES", 6);
    private static readonly int Seed = Setting("MTTCG_ORACLE_SEED", 1);

    public static TheoryData<int, bool> Modes => new() { { 64, false }, { 64, true }, { 32, false }, { 32, true } };

    [Theory]
    [MemberData(nameof(Modes))]
    public void The_interpreter_agrees_with_the_host(int bitness, bool optimised) => Compare(translated: false, bitness, optimised);

    [Theory]
    [MemberData(nameof(Modes))]
    public void Translated_code_agrees_with_the_host(int bitness, bool optimised) => Compare(translated: true, bitness, optimised);

    private void Compare(bool translated, int bitness, bool optimised)
    {
        if (!NativeRunner.IsSupported) return;
        using var machine = TestMachine.With(Engine.Interpreter);
        using var arena = new Arena(machine);
        using var native = new NativeRunner(bitness);
        using var backEnd = new OracleBackEnd(translated);
        var guest = new GuestRunner(machine, bitness, backEnd);
        var random = new RandomValues(Seed);
        var source = new FormSource(random, bitness, translated);
        var scenario = new Scenario(random, arena, bitness);
        var only = Environment.GetEnvironmentVariable("MTTCG_ORACLE_ONLY");

        int encodings = 0, cases = 0;
        var failures = new List<string>();
        foreach (var row in LiftTable.Rows)
        {
            if (only is not null && !row.Mnemonic.ToString().Equals(only, StringComparison.OrdinalIgnoreCase)) continue;
            foreach (var info in source.EncodingsOf(row.Mnemonic).Where(info => !Exclusions.Has(info)))
            {
                encodings++;
                if (CompareEncoding(info, source, scenario, native, guest, arena, optimised, ref cases) is { } failure) failures.Add(failure);
            }
        }
        output.WriteLine($"{encodings} encodings, {cases} cases, {failures.Count} encodings that differ");
        Assert.True(cases > (only is null ? 10_000 : 0), $"only {cases} cases ran");
        Assert.True(failures.Count == 0, $"{failures.Count} of {encodings} encodings differ, {cases} cases\n{string.Join('\n', failures.Take(40))}");
    }

    private static string? CompareEncoding(
        OpCodeInfo info, FormSource source, Scenario scenario, NativeRunner native, GuestRunner guest, Arena arena, bool optimised, ref int cases)
    {
        for (var draw = 0; draw < FormsPerEncoding * 2; draw++)
        {
            if (source.Draw(info, memory: (draw & 1) != 0) is not { } form) continue;
            guest.SetCode(form.Bytes, 1, optimised);
            native.SetCode(form.Bytes);
            var undefined = Exclusions.UndefinedFlags(form.Instruction);
            for (var index = 0; index < Cases; index++)
            {
                if (!scenario.Draw(form.Instruction, out var before)) continue;
                if (CompareCase(form, before, native, guest, arena, undefined) is { } difference) return difference;
                cases++;
            }
        }
        return null;
    }

    private static string? CompareCase(Form form, in Registers before, NativeRunner native, GuestRunner guest, Arena arena, uint undefined)
    {
        var onHost = before;
        var onGuest = before;
        native.Run(ref onHost);
        var reason = guest.Run(ref onGuest, out var rip);
        var expected = NativeRunner.Slot + (uint)form.Bytes.Length;
        if (reason == TbExitReason.Exception) return $"{form}: the guest raised an exception";
        if (rip != expected) return $"{form}: left with {reason} at {rip:x}, not {expected:x}";
        return Comparison.Differences(before, onHost, onGuest, undefined, arena) is { } difference ? $"{form}:\n{difference}" : null;
    }

    internal static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), out var value) ? value : otherwise;
}
