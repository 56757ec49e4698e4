using System.CommandLine;
using Iced.Intel;
using Tcg.Mttcg.Cli.Options;
using Tcg.Mttcg.SelfTest.Oracle;
using Tcg.Mttcg.Translator.Guest;

namespace Tcg.Mttcg.Cli.Commands;

/// <summary>What <c>mttcg selftest --oracle</c> takes beside cases and seed.</summary>
internal sealed class OracleArguments
{
    private readonly Option<string?> _only = new("--only") { Description = "One mnemonic", HelpName = "MNEMONIC" };
    private readonly Option<int?> _mode = new("--mode") { Description = "64, 32 or 16-bit code [default: all]", HelpName = "BITS" };
    private readonly Option<string> _backEnd = new("--backend") { Description = "jit, interpreter or both", HelpName = "NAME", DefaultValueFactory = _ => "both" };
    private readonly Option<string?> _record = new("--record") { Description = "Write the cases of each mnemonic to a file, for docs/isa.md", HelpName = "FILE" };

    public IReadOnlyList<Option> All => [_only, _mode, _backEnd, _record];

    public string? RecordTo(ParseResult parsed) => parsed.GetValue(_record);

    public OracleOptions Read(ParseResult parsed, long cases, int seed)
    {
        if (!OracleRun.IsSupported) throw new UsageException("selftest --oracle: this host is no x86-64 Linux, there is nothing to compare with");
        if (cases < 1) throw new UsageException($"--cases {cases}: at least 1");
        return new OracleOptions { Cases = cases, Seed = seed, Only = Only(parsed), Modes = Modes(parsed), BackEnds = BackEnds(parsed) };
    }

    private Mnemonic? Only(ParseResult parsed)
    {
        if (parsed.GetValue(_only) is not { } name) return null;
        if (Enum.TryParse<Mnemonic>(name, ignoreCase: true, out var mnemonic) && LiftTable.TryFind(mnemonic, out _)) return mnemonic;
        throw new UsageException($"--only {name}: no such mnemonic (docs/isa.md lists them)");
    }

    private IReadOnlyList<OracleMode> Modes(ParseResult parsed)
    {
        if (parsed.GetValue(_mode) is not { } bits) return OracleMode.Available;
        var modes = OracleMode.Available.Where(mode => mode.Bitness == bits).ToArray();
        if (modes.Length > 0) return modes;
        throw new UsageException(bits == 16 ? "--mode 16: this kernel gives no 16-bit segments (modify_ldt)" : $"--mode {bits}: 64, 32 or 16");
    }

    private OracleBackEnds BackEnds(ParseResult parsed)
    {
        var name = parsed.GetValue(_backEnd)!;
        if (Enum.TryParse<OracleBackEnds>(name, ignoreCase: true, out var backEnds) && !char.IsDigit(name[0])) return backEnds;
        throw new UsageException($"--backend {name}: jit, interpreter or both");
    }
}
