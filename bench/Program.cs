using Tcg.Mttcg.Bench;

// dotnet run -c Release --project bench [workloads [ROUNDS]]   ratios against QEMU on our own bare-metal guests
// dotnet run -c Release --project bench memtest                a full pass of memtest86+, ours and QEMU's
// dotnet run -c Release --project bench asks [SECONDS]         what asks to the memory actor cost while Linux boots, and after
// dotnet run -c Release --project bench kicks [COUNT]          how soon a vCPU in an endless loop looks after a kick
// dotnet run -c Release --project bench beside [ROUNDS]        stores beside hot code, against QEMU's user mode
(string Name, int Amount, Func<int, Task<int>> Run)[] benches =
[
    ("workloads", 3, rounds => Task.FromResult(Workloads.Run(rounds))),
    ("memtest", 1, _ => Task.FromResult(MemoryTest.Run())),
    ("asks", 30, AskCost.RunAsync),
    ("kicks", 100_000, KickLatency.RunAsync),
    ("beside", 3, rounds => Task.FromResult(DataBesideCode.Run(rounds))),
];

if (args.Length == 0) args = [benches[0].Name];
var bench = benches.FirstOrDefault(row => row.Name == args[0]);
var amount = bench.Amount;
if (args.Length <= 2 && bench.Run is not null && (args.Length == 1 || (int.TryParse(args[1], out amount) && amount > 0))) return await bench.Run(amount);
Console.Error.WriteLine($"usage: mttcg-bench [{string.Join(" | ", benches.Select(row => $"{row.Name} [N]"))}]");
return 1;
