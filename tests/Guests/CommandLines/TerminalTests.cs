using Tcg.Mttcg.Guests.Tests.Support;

namespace Tcg.Mttcg.Guests.Tests.CommandLines;

/// <summary>On a terminal the guest has the keyboard, and the terminal is afterwards as it was.</summary>
public sealed class TerminalTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly Terminal _terminal = new();

    public void Dispose()
    {
        _terminal.Dispose();
        _scratch.Dispose();
    }

    [Fact]
    public async Task Every_key_reaches_the_guest_at_once_also_those_that_are_signals_elsewhere()
    {
        var before = _terminal.Modes;
        using var running = MttcgProgram.StartOn(_terminal, "run", "-kernel", Echo(), "-m", "16M", "-device", "isa-debug-exit,iobase=0xf4,iosize=0x4");
        await Shows("ready");
        // Ctrl-C, Ctrl-Z, Ctrl-A twice for one, and q for the end.
        _terminal.Type("a\u0003\u001a\u0001\u0001q");
        var outcome = await running.ToEnd();
        Assert.True(outcome.ExitCode == 1, outcome + _terminal.Shown);
        Assert.Equal("ready<61><03><1a><01><71>", _terminal.Shown);
        Assert.Equal(before, _terminal.Modes);
    }

    [Fact]
    public async Task Control_A_x_ends_the_machine()
    {
        var before = _terminal.Modes;
        using var running = MttcgProgram.StartOn(_terminal, "run", "-kernel", Echo(), "-m", "16M");
        await Shows("ready");
        _terminal.Type("\u0001x");
        Assert.Equal(130, (await running.ToEnd()).ExitCode);
        Assert.Equal("ready", _terminal.Shown);
        Assert.Equal(before, _terminal.Modes);
    }

    [Fact]
    public async Task The_monitor_measures_how_fast_the_guest_dirties_its_ram()
    {
        using var running = MttcgProgram.StartOn(_terminal, "run", "-kernel", Echo(), "-m", "16M");
        await Shows("ready");
        _terminal.Type("\u0001cinfo dirty_rate\rcalc_dirty_rate 0\rcalc_dirty_rate\rcalc_dirty_rate 1\rinfo dirty_rate\r");
        await Shows("Status: measuring");
        Assert.Contains("Status: unstarted", _terminal.Shown);
        Assert.Contains("calc_dirty_rate: seconds are 1 to 60", _terminal.Shown);
        Assert.Contains("unknown command: 'calc_dirty_rate'", _terminal.Shown);
        var asking = Shows("(MiB/s)");
        while (await Task.WhenAny(asking, Task.Delay(200)) != asking) _terminal.Type("info dirty_rate\r");
        await asking;
        _terminal.Type("quit\r");
        Assert.Equal(130, (await running.ToEnd()).ExitCode);
    }

    [Fact]
    public async Task Control_A_c_is_a_monitor_that_holds_and_ends_the_machine()
    {
        using var running = MttcgProgram.StartOn(_terminal, "run", "-kernel", Echo(), "-m", "16M");
        await Shows("ready");
        _terminal.Type("\u0001cinfo statuX\bs\rstop\rinfo status\r");
        await Shows("VM status: paused");
        Assert.Contains("VM status: running", _terminal.Shown);
        _terminal.Type("cont\rnonsense\rinfo cpus\r");
        await Shows("CR3");
        Assert.Contains("unknown command: 'nonsense'", _terminal.Shown);
        // Back at the guest's console, and here again.
        _terminal.Type("\u0001cz\u0001c");
        await Shows("<7a>");
        _terminal.Type("quit\r");
        Assert.Equal(130, (await running.ToEnd()).ExitCode);
    }

    [Fact]
    public async Task The_demo_draws_in_colour_and_leaves_the_modes_alone()
    {
        var before = _terminal.Modes;
        using var running = MttcgProgram.StartOn(_terminal, "demo", "-smp", "2");
        var outcome = await running.ToEnd();
        Assert.True(outcome.ExitCode == 0, outcome + _terminal.Shown);
        Assert.Contains("\e[38;5;", _terminal.Shown);
        Assert.DoesNotContain("\e[?", _terminal.Shown);
        Assert.Contains("from power-on to power-off", _terminal.Shown);
        Assert.Equal(before, _terminal.Modes);
    }

    // The reader of the terminal runs beside us: what was written may still be on its way.
    private async Task Shows(string text)
    {
        using var limit = new CancellationTokenSource(Boot.Limit);
        while (!_terminal.Shown.Contains(text, StringComparison.Ordinal)) await Task.Delay(10, limit.Token);
    }

    private string Echo() => _scratch.Write(EchoGuest.Build());
}
