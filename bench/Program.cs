using Tcg.Mttcg.Bench;

// dotnet run -c Release --project bench [workloads [ROUNDS]]   ratios against QEMU on our own bare-metal guests
// dotnet run -c Release --project bench memtest                a full pass of memtest86+, ours and QEMU's
return args switch
{
    [] or ["workloads"] => Workloads.Run(3),
    ["workloads", var text] when int.TryParse(text, out var rounds) && rounds > 0 => Workloads.Run(rounds),
    ["memtest"] => MemoryTest.Run(),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("usage: mttcg-bench [workloads [ROUNDS] | memtest]");
    return 1;
}
