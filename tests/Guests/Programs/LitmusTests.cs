using Tcg.Mttcg.Actors.Hosting;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Guests.Litmus;
using Tcg.Mttcg.Guests.Tests.Support;
using Tcg.Mttcg.Machine.Boards;
using Tcg.Mttcg.Machine.Storage.Formats;

namespace Tcg.Mttcg.Guests.Tests.Programs;

/// <summary>
/// Every litmus guest, on both back ends. The rounds are few; <c>MTTCG_LITMUS_SCALE</c> multiplies them, and <c>mttcg litmus --rounds</c> runs any number.
/// </summary>
public class LitmusTests
{
    private static readonly int Scale = int.TryParse(Environment.GetEnvironmentVariable("MTTCG_LITMUS_SCALE"), out var scale) ? scale : 1;

    public static TheoryData<string, int, BackEndKind> Cases
    {
        get
        {
            var cases = new TheoryData<string, int, BackEndKind>();
            foreach (var test in Litmus.LitmusTests.All)
            {
                foreach (var cpus in (int[])[2, 4])
                {
                    if (cpus < test.Cpus) continue;
                    cases.Add(test.Name, cpus, BackEndKind.Auto);
                    cases.Add(test.Name, cpus, BackEndKind.Interpreter);
                }
            }
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task No_forbidden_outcome_is_seen(string name, int cpus, BackEndKind backEnd)
    {
        var test = Litmus.LitmusTests.All.Single(test => test.Name == name);
        // Outcomes that are rarely seen need many rounds, and translated code.
        var rounds = test.MustRelax && backEnd != BackEndKind.Interpreter ? 200_000 : Math.Min(600 * test.RoundsPerStep / cpus, 100_000) * Scale / (backEnd == BackEndKind.Interpreter ? 3 : 1);
        await using var vm = Vm.Start(Boot.Options(test.For(rounds), cpus) with
        {
            BackEnd = backEnd,
            CodeBytes = test.CodeBytes?.Invoke(cpus),
            Virtio = test.Disk is { } content ? [new VirtioBlockOptions(new BytesImage(content()))] : [],
        });
        var result = await vm.ToEnd();

        Assert.StartsWith("forbidden 0000000000000000 relaxed ", vm.Console.Text);
        Assert.Equal(ExitReason.DebugExit, result.Reason);
        // The relaxed outcome takes two CPUs that are nanoseconds apart: translated code, and a core for each.
        if (!test.MustRelax || (backEnd == BackEndKind.Auto && cpus <= Environment.ProcessorCount)) Assert.Equal(0u, result.Code);
    }

    // In a process of its own: a vCPU that returns to where other host code lies by now may do anything, also end the process.
    [Fact]
    public async Task Host_code_stays_while_a_vcpu_waits_for_a_device_in_the_middle_of_it()
    {
        var outcome = await MttcgProgram.Run("litmus", "tiny-buffer-device", "-smp", "2", "--rounds", "65536", "--timeout", "40");
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
    }

    [Theory]
    [InlineData("stale-alone", 2)]
    [InlineData("stale-keep", 4)]
    public async Task Every_round_spoils_the_translation_that_the_one_before_made(string name, int cpus)
    {
        const int rounds = 1000;
        var test = Litmus.LitmusTests.All.Single(test => test.Name == name);
        await using var vm = Vm.Start(Boot.Options(test.For(rounds), cpus));
        await vm.ToEnd();

        // It is killed by the store, or finds out when it is entered.
        var counters = vm.Machine.Counters;
        var found = counters.Vcpus.Sum(vcpu => vcpu.Executor.ChangedBlocks);
        Assert.InRange(counters.Memory.BlocksKilled + found, rounds - 1, long.MaxValue);
        Assert.InRange(found, rounds / 2, long.MaxValue);
    }
}
