using Tcg.Mttcg.Cli.Load;

namespace Tcg.Mttcg.Load.Tests;

/// <summary>
/// Every load profile at a small scale: no hang, no leak, no wrong result. <c>MTTCG_LOAD_SCALE</c> changes it; <c>mttcg loadtest</c> runs them in full.
/// </summary>
public class ProfileTests
{
    private static readonly double Scale = double.TryParse(
        Environment.GetEnvironmentVariable("MTTCG_LOAD_SCALE"), System.Globalization.CultureInfo.InvariantCulture, out var scale) ? scale : 0.02;

    public static TheoryData<string> Names => [.. LoadProfile.All.Select(profile => profile.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_profile_passes(string name)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(10));
        var context = new LoadContext(Scale, (_, _) => { }, limit.Token);
        await LoadProfile.All.Single(profile => profile.Name == name).Run(context);
        Assert.Empty(context.Failures);
        Assert.NotEmpty(context.Measures);
    }

    [Fact]
    public async Task A_machine_that_goes_wrong_is_a_failure()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        var context = new LoadContext(1, (_, _) => { }, limit.Token);
        // Code that jumps to nowhere without an interrupt table: a triple fault.
        var program = new Guests.BareMetal.GuestProgram("wrong");
        program.Main();
        program.C.ud2();
        await context.RunAsync("wrong", context.Options(program.Build(), 1));
        Assert.Contains("TripleFault", Assert.Single(context.Failures));
    }

    [Fact]
    public void What_stays_behind_is_a_leak()
    {
        var context = new LoadContext(1, (_, _) => { }, CancellationToken.None);
        Fleet.ExpectNoLeak(context, new HostUsage(1 << 20, 10, 100, 10), new HostUsage(1 << 30, 100, 10_000, 100));
        Assert.Equal(4, context.Failures.Count);
    }
}
