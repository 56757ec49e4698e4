using System.Diagnostics;

namespace Tcg.Mttcg.Bench;

/// <summary>The two programs under comparison: the launcher of this checkout, and QEMU from the distribution.</summary>
internal static class Emulators
{
    public const string Qemu = "qemu-system-x86_64";

    public static string Root { get; } = FindRoot();
    public static string Mttcg => Path.Combine(Root, "mttcg");

    public static Process StartMttcg(params IEnumerable<string> machine) => Start(Mttcg, ["run", .. machine]);

    public static Process StartQemu(params IEnumerable<string> machine) => Start(Qemu, [.. machine, "-monitor", "none", "-accel", "tcg,thread=multi"]);

    private static Process Start(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} does not start");
        process.StandardInput.Close();
        return process;
    }

    private static string FindRoot()
    {
        var directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Tcg.Mttcg.sln"))) directory = Path.GetDirectoryName(directory);
        return directory ?? throw new InvalidOperationException("run from inside the repository");
    }
}
