using System.CommandLine;
using Tcg.Mttcg.Cli.Help;
using Tcg.Mttcg.Cli.Options;
using Tcg.Mttcg.SelfTest.Isa;

namespace Tcg.Mttcg.Cli.Commands;

/// <summary><c>mttcg selftest</c>: proves the translator on this host.</summary>
internal static class SelfTestCommand
{
    public static Command Create()
    {
        var oracle = new OracleArguments();
        var isOracle = new Option<bool>("--oracle") { Description = "Run every instruction natively and in both back ends, on random operands, and compare" };
        var isIsa = new Option<bool>("--isa") { Description = "Print docs/isa.md: every instruction, and what is known about it" };
        var isFuzz = new Option<bool>("--fuzz") { Description = "Run random bytes at every privilege and in every mode in both back ends" };
        var seconds = new Option<int?>("--seconds") { Description = "The fuzzer ends then", HelpName = "T" };
        var from = new Option<long>("--from") { Description = "The number of the fuzzer's first case", HelpName = "N" };
        var cases = new Option<long?>("--cases") { Description = "How many [default: 1,000,000]", HelpName = "N" };
        var seed = new Option<int>("--seed") { Description = "Another seed, other operands", HelpName = "S", DefaultValueFactory = _ => 1 };
        var command = new DocumentedCommand("selftest", "Prove the translator on this host. Exit code 0: no mismatch.", "--oracle | --fuzz | --isa [OPTIONS]")
        {
            Groups =
            [
                new("What", [isOracle, isFuzz, isIsa]),
                new("How much", [cases, seed]),
                new("The oracle", oracle.All),
                new("The fuzzer", [seconds, from]),
            ],
            Notes = ["A case is one instruction on one set of registers and memory, on the host and in every chosen back end. A difference is shrunk and printed with a regression test."],
        };
        foreach (var option in command.Groups.SelectMany(group => group.Options)) command.Add(option);
        command.SetMachineAction((parsed, cancel) =>
        {
            if (new[] { isOracle, isFuzz, isIsa }.Count(parsed.GetValue) != 1) throw new UsageException("selftest: one of --oracle, --fuzz and --isa is wanted: see mttcg selftest --help");
            if (parsed.GetValue(isIsa)) return Task.FromResult(PrintIsa());
            if (parsed.GetValue(isFuzz)) return Task.Run(() => FuzzReport.Run(parsed.GetValue(cases), parsed.GetValue(seconds), parsed.GetValue(seed), parsed.GetValue(from), cancel), CancellationToken.None);
            return Task.Run(() => OracleReport.Run(oracle.Read(parsed, parsed.GetValue(cases) ?? 1_000_000, parsed.GetValue(seed)), oracle.RecordTo(parsed), cancel), CancellationToken.None);
        });
        return command;
    }

    private static int PrintIsa()
    {
        Console.Out.Write(IsaPage.Write());
        return ExitCode.PoweredOff;
    }
}
