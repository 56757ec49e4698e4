using System.Diagnostics;

namespace Tcg.Mttcg.Cli.Load;

/// <summary>Ends a machine in a process of its own from outside.</summary>
internal static class ProcessEnd
{
    /// <summary>How long the process took to end after SIGTERM; its exit code must be the documented one.</summary>
    public static async Task<TimeSpan> TerminateAsync(LoadContext context, TimeSpan after)
    {
        context.Cancel.ThrowIfCancellationRequested();
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        // Under "dotnet" the program is its first argument.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(typeof(ProcessEnd).Assembly.Location);
        foreach (var argument in (string[])["litmus", "smc-loop", "-smp", "2", "--rounds", "1000000000"]) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        try
        {
            // The table's heading: the program runs and hears signals.
            await process.StandardOutput.ReadLineAsync(context.Cancel);
            var texts = Task.WhenAll(process.StandardOutput.ReadToEndAsync(context.Cancel), process.StandardError.ReadToEndAsync(context.Cancel));
            await Task.Delay(after, context.Cancel);
            var clock = Stopwatch.StartNew();
            using (var kill = Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync(context.Cancel);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.Cancel);
            limit.CancelAfter(TimeSpan.FromSeconds(30));
            await process.WaitForExitAsync(limit.Token);
            context.Expect(process.ExitCode == ExitCode.Interrupted, $"SIGTERM after {after.TotalMilliseconds} ms: exit code {process.ExitCode}\n{string.Concat(await texts)}");
            context.Expect(clock.Elapsed < context.LongestEnd, $"SIGTERM after {after.TotalMilliseconds} ms: {clock.Elapsed.TotalSeconds:n1} s to the end");
            return clock.Elapsed;
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }
}
