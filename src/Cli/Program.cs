using System.CommandLine;
using Tcg.Mttcg.Cli;
using Tcg.Mttcg.Cli.Commands;
using Tcg.Mttcg.Cli.Options;
using Tcg.Mttcg.Machine.Boot;

var root = new RootCommand("An x86-64 SMP machine on translated vCPU actors.") { RunCommand.Create(), DemoCommand.Create(), LitmusCommand.Create() };
var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    Console.Error.WriteLine($"mttcg: {parsed.Errors[0].Message}");
    return ExitCode.Usage;
}
try
{
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception e) when (e is UsageException or BootImageException)
{
    Console.Error.WriteLine($"mttcg: {e.Message}");
    return ExitCode.Usage;
}
