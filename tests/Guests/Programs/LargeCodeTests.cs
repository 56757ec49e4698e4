using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Guests.Tests.Support;
using Tcg.Mttcg.Guests.Workloads;

namespace Tcg.Mttcg.Guests.Tests.Programs;

public class LargeCodeTests
{
    private const int Cpus = 4;
    private const long Buffer = (Cpus + 1) * (64 << 10);

    [Fact]
    public async Task A_guest_with_twenty_times_the_code_buffer_of_code_is_right_and_regions_retire_one_at_a_time()
    {
        var guest = LargeCode.Build(functions: 60_000, passes: 1);
        var whole = await CodeOf(guest);
        Assert.InRange(whole, 20 * Buffer, long.MaxValue);

        await using var vm = Vm.Start(Boot.Options(guest, Cpus) with { CodeBytes = Buffer });
        var result = await vm.ToEnd();
        Assert.Equal((ExitReason.DebugExit, 0u), (result.Reason, result.Code));
        var regions = vm.Machine.Counters.Regions;
        Assert.Equal(0, regions.Flushes);
        // Each retirement gives back one region; all but those still in use were given back.
        var regionBytes = Buffer / (Cpus + 1);
        Assert.InRange(regions.Retirements, whole / regionBytes - (Cpus + 1), long.MaxValue);
        Assert.InRange(regions.Asked - regions.Retirements, 0, Cpus + 1);
    }

    // Host code of the guest when nothing is ever retired.
    private static async Task<long> CodeOf(BareMetal.GuestImage guest)
    {
        await using var vm = Vm.Start(Boot.Options(guest));
        var result = await vm.ToEnd();
        Assert.Equal((ExitReason.DebugExit, 0u), (result.Reason, result.Code));
        Assert.Equal(0, vm.Machine.Counters.Regions.Retirements);
        return vm.Machine.Counters.Vcpus[0].Executor.HostBytesEmitted;
    }
}
