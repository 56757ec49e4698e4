using System.CommandLine;
using System.CommandLine.Help;
using Tcg.Mttcg.Cli.Commands;
using Tcg.Mttcg.Cli.Help;
using Tcg.Mttcg.Cli.Options;
using Tcg.Mttcg.Machine.Boot;

namespace Tcg.Mttcg.Cli;

/// <summary>The command line as a function: arguments in, exit code out.</summary>
public static class CommandLineEntry
{
    // A machine ends within its own stop-timeout, but a busy host may take its time over the rest.
    private static readonly TimeSpan LongestStop = TimeSpan.FromSeconds(10);

    private const string Summary = "An x86-64 SMP machine that needs no KVM: guest code is translated, and each virtual CPU is an actor on its own thread.";

    public static async Task<int> RunAsync(string[] args)
    {
        var root = Root();
        if (args.Length == 0) args = ["--help"];
        var parsed = root.Parse(args);
        if (Complaint(parsed) is { } complaint) return Refuse(complaint);
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = LongestStop });
        }
        catch (Exception e) when (e is UsageException or BootImageException)
        {
            return Refuse(e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Files have been opened by then: it is standard output that is full or closed.
            return Refuse($"standard output: {(e.InnerException ?? e).Message}");
        }
        catch (Exception e)
        {
            Console.Error.WriteLine($"mttcg: internal error\n{e}");
            return ExitCode.Internal;
        }
    }

    private static RootCommand Root()
    {
        var root = new RootCommand(Summary) { DemoCommand.Create(), RunCommand.Create(), LitmusCommand.Create(), LoadTestCommand.Create(), SelfTestCommand.Create(), SelfCheckCommand.Create() };
        foreach (var option in root.Options.OfType<HelpOption>()) option.Action = new HelpText.Action();
        return root;
    }

    // One line, whatever the parser thinks of the rest.
    private static string? Complaint(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var help = command is RootCommand ? "mttcg --help" : $"mttcg {command.Name} --help";
        if (parsed.UnmatchedTokens is [var first, ..])
        {
            var what = command is RootCommand && !first.StartsWith('-') ? $"'{first}' is no command" : $"'{first}' is not understood";
            return $"{what}: see {help}";
        }
        return parsed.Errors is [var error, ..] ? $"{error.Message.TrimEnd('.')}: see {help}" : null;
    }

    private static int Refuse(string reason)
    {
        Console.Error.WriteLine($"mttcg: {reason.ReplaceLineEndings(" ")}");
        return ExitCode.Usage;
    }
}
