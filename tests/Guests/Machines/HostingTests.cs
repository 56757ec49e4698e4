using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Guests.Tests.Support;
using Tcg.Mttcg.Guests.Workloads;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Tests.Machines;

/// <summary>What machines do to the process that they live in.</summary>
public class HostingTests
{
    [Fact]
    public async Task While_a_guest_runs_no_mapping_is_both_writable_and_executable()
    {
        await using var vm = Vm.Start(Boot.Options(Boot.Guest(p =>
        {
            var spin = p.C.CreateLabel();
            p.PrintAl();
            p.C.Label(ref spin);
            p.C.jmp(spin);
        }), cpus: 2));
        Assert.True(await vm.Console.WaitUntilAsync(text => text.Length == 2, Boot.Limit));

        var mappings = HostProcess.Mappings;
        var code = mappings.Where(line => line.Contains("/memfd:mttcg-code", StringComparison.Ordinal)).Select(HostProcess.Rights).Distinct();
        Assert.Equal(["---s", "r-xs", "rw-s"], code.Order(StringComparer.Ordinal));
        Assert.DoesNotContain(mappings, line => HostProcess.Rights(line) is ['r' or '-', 'w', 'x', _]);
    }

    [Fact]
    public async Task Machines_that_come_and_go_leave_nothing_behind()
    {
        const int Machines = 10, Cpus = 4;
        // What the runtime keeps for later, it has after the first ones.
        await Generations(3, Cpus);
        var (threads, descriptors, mappings, bytes) = (HostProcess.Threads, HostProcess.Descriptors, HostProcess.Mappings.Count, HostProcess.VirtualBytes);
        await Generations(Machines, Cpus);

        Assert.Empty(HostProcess.MappingsOfMachines);
        // The runtime's own pool may have grown by a few; a leak of one thing per machine or vCPU would be more.
        Assert.InRange(HostProcess.Threads - threads, -1000, Machines - 1);
        Assert.InRange(HostProcess.Descriptors - descriptors, -1000, Machines - 1);
        Assert.InRange(HostProcess.Mappings.Count - mappings, -1000, Machines * Cpus - 1);
        Assert.InRange(HostProcess.VirtualBytes - bytes, long.MinValue, Machines * (32L << 20) - 1);
    }

    [Fact]
    public async Task Two_machines_run_at_once_and_do_not_know_of_each_other()
    {
        var endings = await Task.WhenAll(Enumerable.Range(1, 2).Select(number => Boot.ToEnd(Boot.Options(Boot.Guest(p =>
        {
            var loop = p.C.CreateLabel();
            p.OnlyTheFirst();
            p.C.mov(ecx, 3_000_000);
            p.C.mov(esi, BareMetal.MemoryMap.Data);
            p.C.Label(ref loop);
            p.C.add(__dword_ptr[rsi], number);
            p.C.dec(ecx);
            p.C.jne(loop);
            p.C.mov(eax, __dword_ptr[rsi]);
            p.ExitWithEax();
        }), cpus: 2))));
        Assert.Equal([3_000_000u, 6_000_000u], endings.Select(ending => ending.Code));
    }

    [Fact]
    public async Task Two_vcpus_compute_what_one_does()
    {
        foreach (var cpus in (int[])[1, 2, 3])
        {
            var result = await Boot.ToEnd(Boot.Options(Mandelbrot.Build(side: 96, iterations: 200), cpus));
            Assert.Equal((ExitReason.DebugExit, 0u), (result.Reason, result.Code));
        }
    }

    private static async Task Generations(int machines, int cpus)
    {
        for (var i = 0; i < machines; i++)
        {
            var result = await Boot.ToEnd(Boot.Options(IntegerLoop.Build(1000), cpus));
            Assert.Equal((ExitReason.DebugExit, true), (result.Reason, result.IsClean));
        }
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}
