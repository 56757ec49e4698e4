using Tcg.Mttcg.Guests.BareMetal;
using Tcg.Mttcg.Guests.Tests.Support;
using static Iced.Intel.AssemblerRegisters;

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

    // Writes each received byte in hexadecimal; q ends it.
    private string Echo() => _scratch.Write(Boot.Guest(p =>
    {
        Iced.Intel.Label wait = p.C.CreateLabel(), more = p.C.CreateLabel();
        p.Print("ready");
        p.C.nop();
        p.C.Label(ref more);
        p.C.mov(dx, MemoryMap.Serial + 5);
        p.C.Label(ref wait);
        p.C.@in(al, dx);
        p.C.test(al, 1);
        p.C.je(wait);
        p.C.mov(dx, MemoryMap.Serial);
        p.C.@in(al, dx);
        p.C.movzx(r14d, al);
        p.Print("<");
        foreach (var shift in (byte[])[4, 0])
        {
            var put = p.C.CreateLabel();
            p.C.mov(eax, r14d);
            p.C.shr(eax, shift);
            p.C.and(al, 15);
            p.C.add(al, (sbyte)'0');
            p.C.cmp(al, (sbyte)'9');
            p.C.jbe(put);
            p.C.add(al, (sbyte)('a' - '9' - 1));
            p.C.Label(ref put);
            p.PrintAl();
        }
        p.Print(">");
        p.C.cmp(r14d, 'q');
        p.C.jne(more);
        p.Exit(0);
    }));
}
