using Tcg.Mttcg.Actors.Hosting;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Guests.Tests.Support;

namespace Tcg.Mttcg.Guests.Tests.Programs;

/// <summary>Debian's unmodified cloud kernel with busybox on an initramfs.</summary>
public class LinuxTests
{
    private const string Prompt = "/ # ";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    [GuestFileTheory(GuestFile.Linux)]
    [InlineData(1, "mttcg=poweroff", ExitReason.PoweredOff, BackEndKind.Jit)]
    [InlineData(2, "mttcg=poweroff", ExitReason.PoweredOff, BackEndKind.Jit)]
    [InlineData(4, "mttcg=reboot", ExitReason.Reset, BackEndKind.Jit)]
    [InlineData(8, "mttcg=poweroff", ExitReason.PoweredOff, BackEndKind.Jit)]
    [InlineData(16, "mttcg=poweroff", ExitReason.PoweredOff, BackEndKind.Jit)]
    [InlineData(1, "mttcg=poweroff", ExitReason.PoweredOff, BackEndKind.Interpreter)]
    public async Task Linux_runs_its_init_on_all_processors_and_ends_as_it_is_told(int cpus, string order, ExitReason reason, BackEndKind backEnd)
    {
        await using var vm = Start(cpus, "panic=-1 " + order, backEnd);
        await Expect(vm, $"mttcg: init runs, {cpus} processors");
        Assert.Equal(reason, (await vm.ToEnd()).Reason);
        Assert.DoesNotContain("Call Trace", vm.Console.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("unstable", vm.Console.Text, StringComparison.Ordinal);
    }

    [GuestFileTheory(GuestFile.Linux)]
    [InlineData("", "---[ end Kernel panic - not syncing: sysrq triggered crash ]---")]
    [InlineData("panic=-1", "Kernel panic - not syncing: sysrq triggered crash")]
    public async Task A_panic_ends_the_machine_with_the_kernels_last_words(string parameters, string lastWords)
    {
        await using var vm = Start(cpus: 2, parameters);
        await Expect(vm, Prompt);
        vm.Console.Write("echo c >/proc/sysrq-trigger\n");
        var result = await vm.ToEnd();
        Assert.Equal(ExitReason.Panicked, result.Reason);
        Assert.StartsWith("Kernel panic - not syncing: sysrq triggered crash", result.Diagnosis, StringComparison.Ordinal);
        Assert.Contains(lastWords, vm.Console.Text, StringComparison.Ordinal);
    }

    [GuestFileFact(GuestFile.Linux)]
    public async Task What_is_typed_before_the_kernel_runs_reaches_the_shell()
    {
        await using var vm = Start(cpus: 2, "");
        vm.Console.Write("echo 0123456789abcdefghijklmnopqrstuvwxyz $((40+2))\n");
        await Expect(vm, "\n0123456789abcdefghijklmnopqrstuvwxyz 42");
    }

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

    private static Vm Start(int cpus, string parameters, BackEndKind backEnd = BackEndKind.Auto) => Vm.Start(new VmOptions
    {
        Kernel = GuestFile.PathOf(GuestFile.Linux),
        Initrd = GuestFile.PathOf(GuestFile.Initramfs),
        CommandLine = $"console=ttyS0 {parameters}",
        Cpus = cpus,
        BackEnd = backEnd,
        RamBytes = 256 << 20,
    });

    private static async Task Expect(Vm vm, string text)
    {
        if (!await vm.Console.WaitForAsync(text, Limit)) Assert.Fail($"no '{text}'\n{await vm.Where()}\n{vm.Console.Text}");
    }
}
