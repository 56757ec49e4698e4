using Tcg.Mttcg.Guests.Tests.Support;

namespace Tcg.Mttcg.Guests.Tests.CommandLines;

public class HelpTests
{
    [Theory]
    [InlineData("--help")]
    [InlineData("run --help")]
    [InlineData("demo --help")]
    [InlineData("litmus --help")]
    [InlineData("selfcheck --help")]
    [InlineData("selftest --help")]
    [InlineData("loadtest --help")]
    public async Task Help_fits_80_columns_of_plain_text(string line)
    {
        var outcome = await MttcgProgram.Call(line.Split(' '));
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.StartsWith("Usage: mttcg", outcome.Output);
        Assert.All(outcome.Output.Split('\n'), text => Assert.InRange(text.Length, 0, 80));
        Assert.DoesNotContain(outcome.Output, letter => char.IsControl(letter) && letter != '\n');
    }

    [Fact]
    public async Task Without_arguments_the_program_explains_itself()
    {
        var bare = await MttcgProgram.Call();
        Assert.Equal((await MttcgProgram.Call("--help")).Output, bare.Output);
        Assert.Equal(0, bare.ExitCode);
        foreach (var command in (string[])["run", "demo", "litmus", "selftest", "selfcheck"]) Assert.Contains($"\n  {command} ", bare.Output);
    }

    [Fact]
    public async Task Help_of_run_names_every_flag_and_every_exit_code()
    {
        var help = (await MttcgProgram.Call("run", "--help")).Output;
        string[] flags =
        [
            "-M", "-smp", "-m", "-kernel", "-initrd", "-append", "-nographic", "-serial", "-device", "-netdev", "-nic", "-net", "-no-reboot", "-accel", "-profile", "-global", "-d", "-D", "--help",
        ];
        Assert.All(flags, flag => Assert.Matches($@"\n  ([-\w]+, )*{flag}[ ,\n]", help));
        Assert.All((string[])["thread=multi|single", "backend=jit|interp", "tb-size=", "one-insn-per-tb=", "in_asm, op, op_opt, out_asm, int, exec, cpu"], part => Assert.Contains(part, help));
        Assert.All((string[])["0", "1", "2", "4", "6", "130"], code => Assert.Matches($@"\n  {code} +\w", help));
    }

    [Fact]
    public async Task Help_of_device_lists_devices_without_a_kernel()
    {
        var outcome = await MttcgProgram.Call("run", "-device", "help");
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.All(outcome.Output.Split('\n'), text => Assert.InRange(text.Length, 0, 80));
        foreach (var word in (string[])["virtio-blk-pci", "virtio-net-pci", "virtio-rng-pci", "virtio-serial-pci", "virtconsole", "isa-debug-exit"]) Assert.Contains($"  {word}", outcome.Output);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("demo")]
    [InlineData("litmus")]
    [InlineData("selfcheck")]
    [InlineData("loadtest")]
    public async Task Help_of_profile_lists_profiles_with_their_purpose(string command)
    {
        var outcome = await MttcgProgram.Call(command, "-profile", "help");
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.All(outcome.Output.Split('\n'), text => Assert.InRange(text.Length, 0, 80));
        foreach (var name in (string[])["ci", "debug", "many-cpus", "throughput"]) Assert.Matches($@"(^|\n)  {name} +\w", outcome.Output);
    }

    [Fact]
    public async Task Help_of_cpu_lists_models_and_features_without_a_kernel()
    {
        var outcome = await MttcgProgram.Call("run", "-cpu", "help");
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.All(outcome.Output.Split('\n'), text => Assert.InRange(text.Length, 0, 80));
        foreach (var word in (string[])["default", "max", "x86-64-v1", "x86-64-v2", "x86-64-v3", "sse4.1", "bmi2", "tsc-deadline"]) Assert.Matches($@"\s{word}\s", outcome.Output);
    }
}
