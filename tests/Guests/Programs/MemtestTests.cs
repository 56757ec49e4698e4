using System.Globalization;
using System.Text.RegularExpressions;
using Tcg.Mttcg.Guests.Tests.Support;

namespace Tcg.Mttcg.Guests.Tests.Programs;

/// <summary>Debian's memtest86+, a program that nobody here wrote.</summary>
public partial class MemtestTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    [GuestFileFact(GuestFile.Memtest)]
    public async Task Memtest_finds_two_cores_and_tests_memory_on_both_without_an_error()
    {
        await using var vm = Vm.Start(new VmOptions
        {
            Kernel = GuestFile.PathOf(GuestFile.Memtest), CommandLine = "console=ttyS0,115200", Cpus = 2, RamBytes = 32 << 20,
        });
        // Tests count from 0. It redraws what changed only, so what it shows is read off the screen.
        var arrived = await vm.Console.WaitUntilAsync(text => TestOn(new SerialScreen(text).Text) >= 4, Limit);
        if (!arrived) Assert.Fail($"memtest86+ did not come to test 4\n{await vm.Where()}\n{Screen(vm).Text}");

        var screen = Screen(vm).Text;
        Assert.Contains("Memtest86+", screen);
        Assert.Contains("2 Cores 2 Threads", screen);
        Assert.Contains("Memory  :   32MB", screen);
        Assert.Contains("Status: Testing", screen);
        Assert.Contains("Errors: 0 ", screen);
        Assert.All(vm.Machine.Counters.Vcpus, vcpu => Assert.InRange(vcpu.Executor.Dispatches, 1000, long.MaxValue));
    }

    private static SerialScreen Screen(Vm vm) => new(vm.Console.Text);

    private static int TestOn(string screen) =>
        TestNumber().Match(screen) is { Success: true } match ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : -1;

    [GeneratedRegex(@"Test +#(\d+)")]
    private static partial Regex TestNumber();
}
