using System.Text;
using Tcg.Mttcg.Actors.Hosting;

namespace Tcg.Mttcg.Cli.Output;

/// <summary>The few commands behind Ctrl-A c, a line each.</summary>
internal sealed class ConsoleMonitor(EmulatedMachine machine, TextWriter screen)
{
    private const byte Backspace = 8, Delete = 127, KillLine = 21;
    private const string Prompt = "(mttcg) ";

    private readonly StringBuilder _line = new();
    private bool _isPaused;

    private sealed record Command(string Name, string Meaning, Action<ConsoleMonitor> Run);

    private static readonly Command[] Commands =
    [
        new("info status",      "running or paused",                  m => m.Say(m._isPaused ? "VM status: paused" : "VM status: running")),
        new("info cpus",        "registers and recent code",          m => m.Describe()),
        new("stop",             "hold all CPUs",                      m => m.Pause()),
        new("cont",             "let them run",                       m => m.Resume()),
        new("system_reset",     "as the reset button",                m => m._machine.Reset()),
        new("system_powerdown", "as the power button",                m => m._machine.Board.PressPowerButton()),
        new("nmi",              "as the NMI button",                  m => m._machine.Board.RaiseNmi()),
        new("quit",             "end the machine",                    m => _ = m._machine.StopAsync()),
        new("help",             "this",                               m => m.Help()),
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
        if (Array.Find(Commands, command => command.Name == found) is { } match) match.Run(this);
        else Say($"unknown command: '{words}'");
    }

    private void Say(string line) => screen.Write(line.ReplaceLineEndings("\r\n") + "\r\n");

    private void Help()
    {
        foreach (var command in Commands) Say($"  {command.Name,-18} {command.Meaning}");
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
