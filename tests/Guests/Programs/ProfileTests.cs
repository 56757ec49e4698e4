using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Actors.Settings;
using Tcg.Mttcg.Guests.Demo;
using Tcg.Mttcg.Guests.Tests.Support;

namespace Tcg.Mttcg.Guests.Tests.Programs;

public class ProfileTests
{
    public static TheoryData<string> Names() => [.. SettingsProfile.All().Select(profile => profile.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_demo_runs_under_every_profile(string name)
    {
        await using var vm = Vm.Start(Boot.Options(DemoGuest.Build(), cpus: 4) with { Settings = new MttcgSettings(SettingsProfile.Load(name).Overrides) });
        var result = await vm.ToEnd();
        Assert.Equal((ExitReason.DebugExit, 0u), (result.Reason, result.Code));
    }

    [Fact]
    public async Task Debug_makes_a_block_of_each_instruction()
    {
        await using var vm = Vm.Start(Boot.Options(DemoGuest.Build(), cpus: 2) with { Settings = new MttcgSettings(SettingsProfile.Load("debug").Overrides) });
        await vm.ToEnd();
        Assert.All(vm.Machine.Counters.Vcpus, vcpu => Assert.Equal(vcpu.Executor.Translations, vcpu.Executor.TranslatedInstructions));
    }

    [Fact]
    public async Task What_the_command_line_tunes_reaches_the_machine()
    {
        using var scratch = new Scratch();
        // By the keyboard controller, for ever.
        var guest = scratch.Write(Boot.Guest(p => p.Write(0x64, 0xfe)));
        var outcome = await MttcgProgram.Run("run", "-kernel", guest, "-global", "mttcg.machine.reboot-on-reset=off", "--stats");
        Assert.Equal(0, outcome.ExitCode);
        Assert.Matches(@"\n  run time of all vCPUs +\d+\.\d\d s, \d+\.\d\d % of it in asks\n", outcome.Error);
        Assert.Matches(@"\n  asks: Link +[\d,]+, p50 [\d.]+, p99 [\d.]+ us, [\d,]+ ms, \d+\.\d\d %\n", outcome.Error);
        Assert.Equal(0, (await MttcgProgram.Run("run", "-kernel", guest, "-profile", "ci")).ExitCode);
    }
}
