using System.CommandLine;
using Tcg.Mttcg.Cli.Options;
using Tcg.Mttcg.SelfTest.Isa;

namespace Tcg.Mttcg.Cli.Commands;

/// <summary><c>mttcg selftest</c>: proves the translator on this host.</summary>
internal static class SelfTestCommand
{
    public static Command Create()
    {
        var isa = new Option<bool>("--isa") { Description = "Print docs/isa.md: every instruction, and what is known about it" };
        var command = new Command("selftest", "Prove the translator on this host.") { isa };
        command.SetAction(parsed => parsed.GetValue(isa) ? PrintIsa() : throw new UsageException("selftest: one of --isa"));
        return command;
    }

    private static int PrintIsa()
    {
        Console.Out.Write(IsaPage.Write());
        return ExitCode.PoweredOff;
    }
}
