using System.CommandLine;
using Tcg.Mttcg.Actors.Settings;
using Tcg.Mttcg.Cli.Load;
using Tcg.Mttcg.Cli.Options;

namespace Tcg.Mttcg.Cli.Commands;

/// <summary><c>mttcg loadtest</c>: machines under more of something than any guest has reason for.</summary>
internal static class LoadTestCommand
{
    public static Command Create()
    {
        var names = LoadProfile.All.Select(profile => profile.Name);
        var profiles = new Argument<string[]>("profile")
        {
            Description = $"{string.Join(", ", names)}, soak or all: what to run; none: list them", Arity = ArgumentArity.ZeroOrMore,
        };
        var scale = new Option<double>("--scale") { Description = "Share of the full amount of work, 0.001 to 1000", HelpName = "F", DefaultValueFactory = _ => 1 };
        var minutes = new Option<double>("--minutes") { Description = "How long soak runs", HelpName = "M", DefaultValueFactory = _ => 60 };
        var json = new Option<string?>("--json") { Description = "Write the results to a file as JSON as well", HelpName = "FILE" };
        var command = new Command("loadtest", "Put machines under load and look for hangs, leaks and wrong results. Exit code 0: there were none.") { profiles, scale, minutes, json };
        var tunables = new TunableOptions();
        foreach (var option in tunables.All) command.Add(option);
        command.SetMachineAction(parsed => tunables.WantsHelp(parsed) ? TunableOptions.WriteProfiles : null, (parsed, cancel) =>
        {
            if (parsed.GetValue(scale) is not (>= 0.001 and <= 1000)) throw new UsageException($"--scale {parsed.GetValue(scale)}: 0.001 to 1000");
            if (parsed.GetValue(minutes) is not (> 0 and <= 100_000)) throw new UsageException($"--minutes {parsed.GetValue(minutes)}: more than 0");
            var chosen = Choose(parsed.GetValue(profiles) ?? [], TimeSpan.FromMinutes(parsed.GetValue(minutes)));
            return chosen.Count == 0 ? Task.FromResult(List()) : RunAsync(chosen, parsed.GetValue(scale), parsed.GetValue(json), tunables.Read(parsed), cancel);
        });
        return command;
    }

    private static List<LoadProfile> Choose(string[] names, TimeSpan soak)
    {
        var chosen = new List<LoadProfile>();
        foreach (var name in names)
        {
            if (name == "soak") chosen.Add(LoadProfile.Soak(soak));
            else if (name == "all") chosen.AddRange(LoadProfile.All);
            else chosen.Add(LoadProfile.All.FirstOrDefault(profile => profile.Name == name) ?? throw new UsageException($"loadtest {name}: no such profile (mttcg loadtest lists them)"));
        }
        return chosen;
    }

    private static int List()
    {
        foreach (var profile in LoadProfile.All.Append(LoadProfile.Soak(TimeSpan.FromHours(1)))) Console.WriteLine($"  {profile.Name,-12} {profile.Meaning}");
        return ExitCode.PoweredOff;
    }

    private static async Task<int> RunAsync(List<LoadProfile> profiles, double scale, string? json, MttcgSettings? settings, CancellationToken cancel)
    {
        var view = new LoadView(Console.Out, !Console.IsOutputRedirected);
        var results = new List<(LoadProfile Profile, LoadContext Context)>();
        try
        {
            foreach (var profile in profiles)
            {
                var context = new LoadContext(scale, (what, done) => view.Progress(profile.Name, what, done), cancel, settings);
                await profile.Run(context);
                view.Table(profile, context);
                results.Add((profile, context));
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        if (json is not null) Write(json, LoadView.Json(results));
        return results.All(result => result.Context.Failures.Count == 0) ? ExitCode.PoweredOff : ExitCode.Internal;
    }

    private static void Write(string file, string text)
    {
        try
        {
            File.WriteAllText(file, text + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--json {file}: {e.Message}");
        }
    }
}
