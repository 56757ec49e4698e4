using System.Text;

namespace Tcg.Mttcg.Guests.Tests.Support;

/// <summary>The command line as a process of its own with a guest at the end of its pipes: it can be killed as a power cut would.</summary>
internal sealed class GuestProcess : IDisposable
{
    private readonly MttcgProgram.Running _running;
    private readonly StringBuilder _text = new();
    private int _seen;

    public GuestProcess(params string[] arguments) => _running = MttcgProgram.StartWithOutput(arguments, text =>
    {
        lock (_text) _text.Append(text);
    });

    /// <summary>All the guest wrote.</summary>
    public string Text
    {
        get
        {
            lock (_text) return _text.ToString();
        }
    }

    /// <summary>Waits for text after what was waited for before, and returns all up to its end.</summary>
    public async Task<string> Expect(string wanted, TimeSpan limit)
    {
        var end = DateTime.UtcNow + limit;
        while (true)
        {
            var text = Text;
            var at = text.IndexOf(wanted, _seen, StringComparison.Ordinal);
            if (at >= 0)
            {
                var seen = text[_seen..(at + wanted.Length)];
                _seen = at + wanted.Length;
                return seen;
            }
            if (DateTime.UtcNow > end || _running.Process.HasExited) Assert.Fail($"no '{wanted}'\n{text}");
            await Task.Delay(20);
        }
    }

    public void Type(string text)
    {
        _running.Process.StandardInput.Write(text);
        _running.Process.StandardInput.Flush();
    }

    /// <summary>SIGKILL: nothing is tidied up.</summary>
    public async Task Kill()
    {
        _running.Process.Kill();
        await _running.Process.WaitForExitAsync();
    }

    public async Task<int> ExitCode()
    {
        await _running.Process.WaitForExitAsync().WaitAsync(Boot.Limit);
        return _running.Process.ExitCode;
    }

    public void Dispose() => _running.Dispose();
}
