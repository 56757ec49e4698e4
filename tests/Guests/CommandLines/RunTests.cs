using System.Runtime.InteropServices;
using Tcg.Mttcg.Guests.BareMetal;
using Tcg.Mttcg.Guests.Tests.Support;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Tests.CommandLines;

/// <summary>The program as users start it.</summary>
public sealed partial class RunTests : IDisposable
{
    private const string DebugExit = "isa-debug-exit,iobase=0xf4,iosize=0x4";
    private const int Interrupt = 2, Terminate = 15;

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("-accel tcg")]
    [InlineData("-accel tcg,backend=interp")]
    [InlineData("-accel tcg,one-insn-per-tb=on")]
    [InlineData("-accel tcg,thread=single")]
    [InlineData("-accel tcg,tb-size=1 -M microvm")]
    public async Task The_exit_code_is_the_guests(string flags)
    {
        var kernel = _scratch.Write(Boot.Guest(p =>
        {
            p.OnlyTheFirst();
            p.Print("hello\n");
            p.Exit(33);
        }));
        var outcome = await MttcgProgram.Run(["run", "-kernel", kernel, "-smp", "2", "-m", "16M", "-nographic", "-no-reboot", "-device", DebugExit, .. flags.Split(' ')]);
        Assert.True(outcome is { ExitCode: (33 << 1) | 1, Output: "hello\n", Error: "" }, outcome.ToString());
    }

    [Theory]
    [InlineData("off", 0, "")]
    [InlineData("reset", 0, "")]
    [InlineData("triple fault", 2, "triple fault")]
    [InlineData("stuck", 4, "stuck")]
    public async Task Each_ending_has_its_exit_code_and_bad_ones_show_the_registers(string ending, int code, string said)
    {
        var outcome = await MttcgProgram.Run("run", "-kernel", _scratch.Write(Ending(ending)), "-m", "16M", "-no-reboot", "-serial", "null");
        Assert.True(outcome.ExitCode == code, outcome.ToString());
        Assert.Contains(said, outcome.Error);
        Assert.Equal(said.Length > 0, outcome.Error.Contains("RIP=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_demo_in_a_pipe_is_plain_text_and_succeeds()
    {
        var outcome = await MttcgProgram.Run("demo", "-smp", "3");
        Assert.True(outcome is { ExitCode: 0, Error: "" }, outcome.ToString());
        Assert.DoesNotContain(outcome.Output, letter => char.IsControl(letter) && letter != '\n');
        Assert.All(outcome.Output.Split('\n'), line => Assert.InRange(line.Length, 0, 80));
        for (var cpu = 0; cpu < 3; cpu++) Assert.Contains($"hello from vCPU {cpu}", outcome.Output);
        Assert.Equal(4, outcome.Output.Split("\n  ok ").Length - 1);
        Assert.DoesNotContain("FAIL", outcome.Output);
    }

    [Theory]
    [InlineData(Interrupt)]
    [InlineData(Terminate)]
    public async Task A_signal_stops_the_machine_in_order(int signal)
    {
        var kernel = _scratch.Write(Boot.Guest(p =>
        {
            var spin = p.C.CreateLabel();
            p.PrintAl();
            p.C.Label(ref spin);
            p.C.jmp(spin);
        }));
        var serial = _scratch["serial"];
        using var running = MttcgProgram.Start("run", "-kernel", kernel, "-smp", "2", "-m", "16M", "-serial", "file:" + serial);
        Assert.True(SpinWait.SpinUntil(() => File.Exists(serial) && new FileInfo(serial).Length == 2 || running.Process.HasExited, Boot.Limit));
        Assert.Equal(0, kill(running.Process.Id, signal));
        var outcome = await running.ToEnd();
        Assert.True(outcome is { ExitCode: 130, Output: "", Error: "" }, outcome.ToString());
    }

    [Fact]
    public async Task What_is_typed_reaches_the_guest()
    {
        // Echoes one character, as exit code and on the serial port.
        var kernel = _scratch.Write(Boot.Guest(p =>
        {
            var wait = p.C.CreateLabel();
            p.C.mov(dx, MemoryMap.Serial + 5);
            p.C.Label(ref wait);
            p.C.@in(al, dx);
            p.C.test(al, 1);
            p.C.je(wait);
            p.C.mov(dx, MemoryMap.Serial);
            p.C.@in(al, dx);
            p.PrintAl();
            p.Exit(0);
        }));
        using var running = MttcgProgram.Start("run", "-kernel", kernel, "-m", "16M", "-device", DebugExit);
        await running.Process.StandardInput.WriteAsync("q");
        running.Process.StandardInput.Close();
        var outcome = await running.ToEnd();
        Assert.True(outcome is { ExitCode: 1, Output: "q", Error: "" }, outcome.ToString());
    }

    [Theory]
    [InlineData("in_asm", "IN: cpu 0", "lgdt")]
    [InlineData("op", "OP: cpu 0", "insn_start")]
    [InlineData("op_opt", "OP after passes: cpu 0", "insn_start")]
    [InlineData("out_asm", "OUT: TB 0", "mov")]
    [InlineData("exec", "EXEC: cpu 0 TB 0", "EXEC: cpu 0 TB 1")]
    [InlineData("cpu", "RIP=", "CR0=")]
    [InlineData("int", "INT: cpu 0", "")]
    public async Task Each_log_item_is_written_to_the_log_file(string item, string first, string second)
    {
        // A fault that goes nowhere: an interrupt to log for all, and an end.
        var log = _scratch["log"];
        var outcome = await MttcgProgram.Run("run", "-kernel", _scratch.Write(Ending("triple fault")), "-m", "16M", "-no-reboot", "-serial", "null", "-d", item, "-D", log);
        Assert.True(outcome.ExitCode == 2, outcome.ToString());
        var text = await File.ReadAllTextAsync(log);
        Assert.Contains(first, text);
        Assert.Contains(second, text);
    }

    [Fact]
    public async Task A_log_on_a_full_disk_ends_and_the_guest_goes_on()
    {
        var outcome = await MttcgProgram.Run(
            "run", "-kernel", _scratch.Write(Ending("off")), "-m", "16M", "-d", "in_asm,op,out_asm", "-D", "/dev/full", "-serial", "file:/dev/full");
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        Assert.Contains("-D /dev/full", outcome.Error);
        Assert.DoesNotContain("at Tcg.", outcome.Error);
    }

    [Fact]
    public async Task Output_on_a_full_disk_is_one_clear_line()
    {
        using var running = MttcgProgram.StartOn("/dev/full", "demo", "-smp", "1");
        var outcome = await running.ToEnd();
        Assert.True(outcome.ExitCode == 1, outcome.ToString());
        Assert.Equal("mttcg: standard output: No space left on device\n", outcome.Error);
    }

    private static GuestImage Ending(string how) => Boot.Guest(p =>
    {
        switch (how)
        {
            case "off": p.Write(0x604, 0x2000); break;
            case "reset": p.Write(0x64, 0xfe); break;
            case "triple fault": p.C.ud2(); break;
        }
        p.Halt();
    });

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int process, int signal);
}
