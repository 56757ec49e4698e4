using System.Diagnostics;
using Tcg.Mttcg.Guests.BareMetal;
using Tcg.Mttcg.Guests.Workloads;

namespace Tcg.Mttcg.Bench;

/// <summary>Wall-clock ratios on the same images, alternating in one run; the best round of each counts. Start-up of the process is included, and shown by the empty guest.</summary>
internal static class Workloads
{
    private static readonly (Func<GuestImage> Build, int Cpus)[] Rows =
    [
        (() => IntegerLoop.Build(1), 1),
        (() => IntegerLoop.Build(1_000_000_000), 1),
        (() => Mandelbrot.Build(2048, 256), 1),
        (() => Mandelbrot.Build(2048, 256), 2),
        (() => CallLoop.Build(1_000_000), 1),
        (() => AvxIntegers.Build(1_000_000), 1),
        (() => FusedPolynomial.Build(50_000_000), 1),
    ];

    public static int Run(int rounds)
    {
        var directory = Directory.CreateTempSubdirectory("mttcg-bench-").FullName;
        Console.WriteLine($"{"guest",-12} {"cpus",4} {"mttcg s",8} {"qemu s",8} {"ratio",6}");
        foreach (var (build, cpus) in Rows)
        {
            var image = build();
            var file = image.WriteTo(directory);
            string[] machine =
                ["-smp", $"{cpus}", "-m", "64M", "-kernel", file, "-nographic", "-serial", "null", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=0x4"];
            double ours = double.MaxValue, qemu = double.MaxValue;
            for (var i = 0; i < rounds; i++)
            {
                ours = Math.Min(ours, Time(() => Emulators.StartMttcg(machine)));
                qemu = Math.Min(qemu, Time(() => Emulators.StartQemu([.. machine, "-cpu", "max"])));
            }
            Console.WriteLine($"{image.Name,-12} {cpus,4} {ours,8:f2} {qemu,8:f2} {ours / qemu,6:f2}");
        }
        Directory.Delete(directory, recursive: true);
        return 0;
    }

    private static double Time(Func<Process> start)
    {
        var clock = Stopwatch.StartNew();
        using var process = start();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        process.WaitForExit();
        // isa-debug-exit with 0: the guest found its own result right.
        if (process.ExitCode != 1) throw new InvalidOperationException($"{process.StartInfo.FileName}: exit code {process.ExitCode}\n{output.Result}{error.Result}");
        return clock.Elapsed.TotalSeconds;
    }
}
