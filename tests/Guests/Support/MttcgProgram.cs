using System.Diagnostics;

namespace Tcg.Mttcg.Guests.Tests.Support;

/// <summary>What a command did.</summary>
internal sealed record Outcome(int ExitCode, string Output, string Error, TimeSpan Time)
{
    public override string ToString() => $"exit code {ExitCode} after {Time}\n--- output\n{Output}\n--- error\n{Error}";
}

/// <summary>The command line, called in this process or started as the program users start.</summary>
internal static class MttcgProgram
{
    private static readonly string Host = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
    private static readonly string Assembly = Path.Combine(AppContext.BaseDirectory, "mttcg.dll");

    /// <summary>In this process: for what ends before a machine runs. Not to be used by two tests at once.</summary>
    public static async Task<Outcome> Call(params string[] arguments)
    {
        var (output, error) = (Console.Out, Console.Error);
        using StringWriter newOutput = new(), newError = new();
        Console.SetOut(newOutput);
        Console.SetError(newError);
        try
        {
            var clock = Stopwatch.StartNew();
            var code = await Cli.CommandLineEntry.RunAsync(arguments).WaitAsync(Boot.Limit);
            return new Outcome(code, newOutput.ToString(), newError.ToString(), clock.Elapsed);
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }

    /// <summary>As a process of its own, with all its streams redirected.</summary>
    public static async Task<Outcome> Run(params string[] arguments)
    {
        using var running = Start(arguments);
        running.Process.StandardInput.Close();
        return await running.ToEnd();
    }

    public static Running Start(params string[] arguments) => new([Assembly, .. arguments]);

    /// <param name="written">Called with each piece of standard output, and of standard error.</param>
    public static Running StartWithOutput(string[] arguments, Action<string> written) => new([Assembly, .. arguments], written: written);

    /// <summary>With a terminal as standard input, output and error.</summary>
    public static Running StartOn(Terminal terminal, params string[] arguments) =>
        new(["-c", $"TERM=xterm exec {Host} \"$@\" <{terminal.Path} >{terminal.Path} 2>&1", "sh", Assembly, .. arguments], "sh");

    /// <summary>With a file as standard output.</summary>
    public static Running StartOn(string file, params string[] arguments) => new(["-c", $"exec {Host} \"$@\" >{file}", "sh", Assembly, .. arguments], "sh");

    public sealed class Running : IDisposable
    {
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private readonly Task<string> _output, _error;

        public Running(string[] arguments, string? program = null, Action<string>? written = null)
        {
            var start = new ProcessStartInfo(program ?? Host)
            {
                RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            };
            foreach (var argument in arguments) start.ArgumentList.Add(argument);
            Process = Process.Start(start)!;
            _output = ReadAsync(Process.StandardOutput, written);
            _error = ReadAsync(Process.StandardError, written);
        }

        private static async Task<string> ReadAsync(StreamReader stream, Action<string>? written)
        {
            if (written is null) return await stream.ReadToEndAsync();
            var batch = new char[4096];
            int count;
            while ((count = await stream.ReadAsync(batch)) > 0) written(new string(batch, 0, count));
            return "";
        }

        public Process Process { get; }

        public async Task<Outcome> ToEnd()
        {
            await Process.WaitForExitAsync().WaitAsync(Boot.Limit);
            return new Outcome(Process.ExitCode, await _output, await _error, _clock.Elapsed);
        }

        public void Dispose()
        {
            if (!Process.HasExited) Process.Kill();
            Process.Dispose();
        }
    }
}
