using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Tcg.Mttcg.Bench;

/// <summary>memtest86+ over 32 MiB on 2 vCPUs, from power-on to the end of its first pass, as its serial screen tells.</summary>
internal static partial class MemoryTest
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    public static int Run()
    {
        var image = Path.Combine(Emulators.Root, "guests", "cache", "memtest86+x64.bin");
        if (!File.Exists(image))
        {
            Console.Error.WriteLine($"{image} is missing: run guests/fetch.sh");
            return 1;
        }
        string[] machine = ["-smp", "2", "-m", "32M", "-kernel", image, "-append", "console=ttyS0,115200", "-nographic", "-serial", "stdio"];
        var ours = Pass("mttcg", Emulators.StartMttcg(machine));
        var qemu = Pass("qemu", Emulators.StartQemu(machine));
        Console.WriteLine($"ratio {ours / qemu:f2}");
        return ours > 0 && qemu > 0 ? 0 : 1;
    }

    private static double Pass(string name, Process process)
    {
        var clock = Stopwatch.StartNew();
        using (process)
        {
            _ = process.StandardError.ReadToEndAsync();
            var screen = new StringBuilder();
            var buffer = new char[4096];
            int count;
            var errors = "unknown";
            while (clock.Elapsed < Limit && (count = process.StandardOutput.Read(buffer)) > 0)
            {
                screen.Append(buffer, 0, count);
                if (PassLine().Matches(screen.ToString()) is not [.., var last]) continue;
                errors = last.Groups[2].Value;
                if (last.Groups[1].Value != "0") break;
                screen.Remove(0, last.Index);
            }
            var seconds = clock.Elapsed.TotalSeconds;
            var passed = PassLine().Matches(screen.ToString()) is [.., var end] && end.Groups[1].Value != "0";
            process.Kill(entireProcessTree: true);
            Console.WriteLine($"{name,-6} {(passed ? "first pass" : "NO PASS"),-11} {seconds,7:f1} s, errors {errors}");
            return passed ? seconds : double.NaN;
        }
    }

    [GeneratedRegex(@"Pass:\s+(\d+)\s+Errors:\s+(\d+)")]
    private static partial Regex PassLine();
}
