using System.Diagnostics;
using Tcg.Mttcg.Guests.BareMetal;
using Tcg.Mttcg.Guests.Workloads;

// Wall-clock ratios against Debian's qemu-system-x86_64 on the same images, alternating in one run; the best of the rounds counts for both.
var rounds = args.Length > 0 && int.TryParse(args[0], out var n) ? n : 3;
var root = AppContext.BaseDirectory;
while (root is not null && !File.Exists(Path.Combine(root, "Tcg.Mttcg.sln"))) root = Path.GetDirectoryName(root);
if (root is null) throw new InvalidOperationException("run from inside the repository");
var mttcg = Path.Combine(root, "mttcg");
var directory = Directory.CreateTempSubdirectory("mttcg-bench-").FullName;

(GuestImage Image, int Cpus)[] rows =
[
    (IntegerLoop.Build(300_000_000), 1),
    (Mandelbrot.Build(1024, 256), 1),
    (Mandelbrot.Build(1024, 256), 2),
    (CallLoop.Build(300_000), 1),
    (IntegerLoop.Build(1), 1),
];

Console.WriteLine($"{"guest",-12} {"cpus",4} {"mttcg s",8} {"qemu s",8} {"ratio",6}");
foreach (var (image, cpus) in rows)
{
    var file = image.WriteTo(directory);
    string[] machine = ["-smp", $"{cpus}", "-m", "64M", "-kernel", file, "-nographic", "-serial", "null", "-no-reboot", "-device", "isa-debug-exit,iobase=0xf4,iosize=0x4"];
    double ours = double.MaxValue, qemu = double.MaxValue;
    for (var i = 0; i < rounds; i++)
    {
        ours = Math.Min(ours, Time(mttcg, ["run", .. machine]));
        qemu = Math.Min(qemu, Time("qemu-system-x86_64", [.. machine, "-monitor", "none", "-accel", "tcg,thread=multi"]));
    }
    Console.WriteLine($"{image.Name,-12} {cpus,4} {ours,8:f2} {qemu,8:f2} {ours / qemu,6:f2}");
}
Directory.Delete(directory, recursive: true);

static double Time(string program, string[] arguments)
{
    var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
    foreach (var argument in arguments) start.ArgumentList.Add(argument);
    var clock = Stopwatch.StartNew();
    using var process = Process.Start(start)!;
    process.StandardInput.Close();
    var text = process.StandardOutput.ReadToEndAsync();
    var error = process.StandardError.ReadToEndAsync();
    process.WaitForExit();
    if (process.ExitCode != 1) throw new InvalidOperationException($"{program}: exit code {process.ExitCode}\n{text.Result}{error.Result}");
    return clock.Elapsed.TotalSeconds;
}
