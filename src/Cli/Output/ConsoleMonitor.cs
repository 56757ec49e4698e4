using System.Text;
using Tcg.Mttcg.Actors.Hosting;

namespace Tcg.Mttcg.Cli.Output;

/// <summary>The few commands behind Ctrl-A c, a line each.</summary>
internal sealed class ConsoleMonitor(EmulatedMachine machine, TextWriter screen)
{
    private const byte Backspace = 8, Delete = 127, KillLine = 21;
    private const string Prompt = "(mttcg) ";

    private readonly StringBuilder _line = new();
    private readonly DirtyRate _dirtyRate = new(machine);
    private bool _isPaused;

    /// <param name="Argument">What must follow the name; empty: nothing may.</param>
    private sealed record Command(string Name, string Argument, string Meaning, Action<ConsoleMonitor, string> Run)
    {
        public bool Is(string words) => Argument.Length == 0 ? words == Name : words.StartsWith(Name + ' ');
    }

    private static readonly Command[] Commands =
    [
        new("info status",       "",        "running or paused",                 (m, _) => m.Say(m._isPaused ? "VM status: paused" : "VM status: running")),
        new("info cpus",         "",        "registers and recent code",         (m, _) => m.Describe()),
        new("info dirty_rate",   "",        "what calc_dirty_rate found",        (m, _) => m.Say(m._dirtyRate.Describe())),
        new("stop",              "",        "hold all CPUs",                     (m, _) => m.Pause()),
        new("cont",              "",        "let them run",                      (m, _) => m.Resume()),
        new("calc_dirty_rate",   "SECONDS", "measure how fast RAM is dirtied",   (m, seconds) => m.MeasureDirtyRate(seconds)),
        new("system_reset",      "",        "as the reset button",               (m, _) => m._machine.Reset()),
        new("system_powerdown",  "",        "as the power button",               (m, _) => m._machine.Board.PressPowerButton()),
        new("nmi",               "",        "as the NMI button",                 (m, _) => m._machine.Board.RaiseNmi()),
        new("quit",              "",        "end the machine",                   (m, _) => m._machine.StopAsync()),
        new("help",              "",        "this",                              (m, _) => m.Help()),
    ];

    private readonly EmulatedMachine _machine = machine;

    public void Enter()
    {
        _line.Clear();
        screen.Write($"\r\nmonitor: 'help' lists commands, Ctrl-A c goes back\r\n{Prompt}");
    }

    public void Type(byte key)
    {
        if (key is (byte)'\r' or (byte)'\n')
        {
            screen.Write("\r\n");
            Run(_line.ToString().Trim());
            _line.Clear();
            screen.Write(Prompt);
        }
        else if (key is Backspace or Delete && _line.Length > 0)
        {
            _line.Length--;
            screen.Write("\b \b");
        }
        else if (key == KillLine)
        {
            screen.Write("\r\e[K" + Prompt);
            _line.Clear();
        }
        else if (key is >= 0x20 and < Delete)
        {
            _line.Append((char)key);
            screen.Write((char)key);
        }
    }

    private void Run(string text)
    {
        if (text.Length == 0) return;
        var words = string.Join(' ', text.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        var found = words is "q" ? "quit" : words is "c" ? "cont" : words is "s" ? "stop" : words;
        if (Array.Find(Commands, command => command.Is(found)) is { } match) match.Run(this, found[match.Name.Length..].Trim());
        else Say($"unknown command: '{words}'");
    }

    private void Say(string line) => screen.Write(line.ReplaceLineEndings("\r\n") + "\r\n");

    private void Help()
    {
        foreach (var command in Commands) Say($"  {$"{command.Name} {command.Argument}",-24} {command.Meaning}");
    }

    private void Pause()
    {
        if (_isPaused) return;
        _isPaused = true;
        _ = _machine.PauseAsync();
    }

    private void Resume()
    {
        if (!_isPaused) return;
        _isPaused = false;
        _machine.Resume();
    }

    private void MeasureDirtyRate(string seconds)
    {
        if (!int.TryParse(seconds, out var count) || count is < 1 or > DirtyRate.MostSeconds) Say($"calc_dirty_rate: seconds are 1 to {DirtyRate.MostSeconds}");
        else if (_dirtyRate.IsMeasuring) Say("calc_dirty_rate: still measuring");
        else _dirtyRate.Measure(count);
    }

    private void Describe()
    {
        try
        {
            _machine.RunAloneAsync(() => Say(_machine.Describe())).Wait();
        }
        catch (AggregateException e)
        {
            Say(e.InnerException!.Message);
        }
    }
}
