using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Guests.Tests.Support;

namespace Tcg.Mttcg.Guests.Tests.Programs;

/// <summary>Debian's unmodified cloud kernel with busybox on an initramfs.</summary>
public class LinuxTests
{
    private const string Prompt = "/ # ";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    [GuestFileFact(GuestFile.Linux)]
    public Task Linux_runs_its_init_on_one_processor_and_powers_off() => BootsAndEnds(cpus: 1, "mttcg=poweroff", ExitReason.PoweredOff);

    [GuestFileFact(GuestFile.Linux)]
    public Task Linux_runs_its_init_on_two_processors_and_powers_off() => BootsAndEnds(cpus: 2, "mttcg=poweroff", ExitReason.PoweredOff);

    [GuestFileFact(GuestFile.Linux)]
    public async Task A_shell_computes_on_four_processors_at_once()
    {
        await using var vm = Start(cpus: 4, "");
        await Expect(vm, Prompt);
        // Each job pins itself to a processor and sums what two programs pipe to each other.
        vm.Console.Write("for i in 0 1 2 3; do taskset $((1 << i)) sh -c \"seq 1 2000 | awk '{s+=\\$1*1.5} END {print $i \\\":\\\" s}'\" & done; wait; echo all done | tr d D\n");
        await Expect(vm, "all Done");
        Assert.All(Enumerable.Range(0, 4), i => Assert.Contains($"{i}:3001500", vm.Console.Text, StringComparison.Ordinal));
        vm.Console.Write("reboot -f\n");
        Assert.Equal(ExitReason.Reset, (await vm.ToEnd()).Reason);
    }

    private static async Task BootsAndEnds(int cpus, string order, ExitReason reason)
    {
        await using var vm = Start(cpus, order);
        await Expect(vm, $"mttcg: init runs, {cpus} processors");
        Assert.Equal(reason, (await vm.ToEnd()).Reason);
        Assert.DoesNotContain("Call Trace", vm.Console.Text, StringComparison.Ordinal);
    }

    private static Vm Start(int cpus, string order) => Vm.Start(new VmOptions
    {
        Kernel = GuestFile.PathOf(GuestFile.Linux),
        Initrd = GuestFile.PathOf(GuestFile.Initramfs),
        CommandLine = $"console=ttyS0 panic=-1 {order}",
        Cpus = cpus,
        RamBytes = 256 << 20,
    });

    private static async Task Expect(Vm vm, string text)
    {
        if (!await vm.Console.WaitForAsync(text, Limit)) Assert.Fail($"no '{text}'\n{await vm.Where()}\n{vm.Console.Text}");
    }
}
