using Tcg.Mttcg.Machine.Clocks;
using Tcg.Mttcg.Machine.Serial;

namespace Tcg.Mttcg.Machine.Tests;

public class ConsoleWatchTests
{
    private const string Panic = "[    5.123456] Kernel panic - not syncing: sysrq triggered crash\r\n", Trace = "[    5.2] Call Trace:\r\n";
    private const string End = "[    5.345678][    T1] ---[ end Kernel panic - not syncing: sysrq triggered crash ]---\r\n";

    private readonly ManualClock _clock = new();
    private readonly ConsoleWatch _watch;
    private int _panics;

    public ConsoleWatchTests() => _watch = new ConsoleWatch(_clock, () => _panics++);

    [Fact]
    public void A_kernel_that_says_its_last_line_and_falls_silent_has_panicked()
    {
        Print(Panic + Trace + End);
        _clock.Advance(900_000_000);
        Assert.Equal(0, _panics);
        _clock.Advance(200_000_000);
        Assert.Equal(1, _panics);
        Assert.Equal("Kernel panic - not syncing: sysrq triggered crash", _watch.Panic);
    }

    [Fact]
    public void An_old_log_that_a_guest_prints_is_no_panic()
    {
        Print(Panic + Trace + End + "~ # ");
        _clock.Advance(5_000_000_000);
        Assert.Equal(0, _panics);
    }

    [Theory]
    [InlineData("grep 'Kernel panic - not syncing' log\n---[ end of log\n")]
    [InlineData("see ---[ end Kernel panic - not syncing ]---\n")]
    [InlineData("---[ end Kernel panic - not syncing: alone ]---\n")]
    [InlineData("[[[[\n]]]\n[1]")]
    public void Text_that_only_mentions_a_panic_is_none(string text)
    {
        Print(text);
        _clock.Advance(5_000_000_000);
        Assert.Equal(0, _panics);
        Assert.Null(_watch.Panic);
    }

    [Fact]
    public void A_reset_soon_after_the_words_counts_as_their_consequence_unless_it_is_announced()
    {
        Print(Panic + Trace);
        Assert.NotNull(_watch.Panic);
        Print("[    9.1] reboot: Restarting system\r\n");
        Assert.Null(_watch.Panic);
    }

    [Fact]
    public void Words_of_long_ago_do_not_count()
    {
        Print(Panic + string.Concat(Enumerable.Repeat("more\n", 65)));
        Assert.Null(_watch.Panic);
    }

    [Fact]
    public void Only_the_last_lines_are_kept_and_endless_ones_are_cut()
    {
        Print(string.Concat(Enumerable.Range(0, 100).Select(i => $"line {i}\n")) + new string('x', 100_000) + "\n");
        Assert.Equal(ConsoleWatch.KeptLines, _watch.Lines.Count);
        Assert.Equal("line 99", _watch.Lines[^2]);
        Assert.InRange(_watch.Lines[^1].Length, 100, 1000);
    }

    [Fact]
    public void A_reset_forgets()
    {
        Print(Panic + End);
        _watch.Reset();
        _clock.Advance(5_000_000_000);
        Assert.Equal(0, _panics);
        Assert.Null(_watch.Panic);
    }

    private void Print(string text)
    {
        foreach (var c in text) _watch.Observe((byte)c);
    }
}
