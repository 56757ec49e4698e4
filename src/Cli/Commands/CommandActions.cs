using System.CommandLine;

namespace Tcg.Mttcg.Cli.Commands;

/// <summary>How commands that run machines are started.</summary>
internal static class CommandActions
{
    /// <summary>
    /// As <see cref="Command.SetAction(Func{ParseResult, CancellationToken, Task{int}})"/>, on another thread: the library ends the process at once when a
    /// signal comes before the action has returned its task, and building a machine takes a while.
    /// </summary>
    public static void SetMachineAction(this Command command, Func<ParseResult, CancellationToken, Task<int>> action) =>
        command.SetAction((parsed, cancel) => Task.Run(() => action(parsed, cancel), CancellationToken.None));

    /// <param name="listing">What is to be printed instead, if anything.</param>
    public static void SetMachineAction(this Command command, Func<ParseResult, Action<TextWriter>?> listing, Func<ParseResult, CancellationToken, Task<int>> action) =>
        command.SetMachineAction((parsed, cancel) =>
        {
            if (listing(parsed) is not { } list) return action(parsed, cancel);
            list(Console.Out);
            return Task.FromResult(ExitCode.PoweredOff);
        });
}
