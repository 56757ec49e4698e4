using System.Text;
using Tcg.Mttcg.Machine.Serial;

namespace Tcg.Mttcg;

/// <summary>A guest's serial port in the hands of a program: what it wrote so far, waiting for text, typing. Safe from any thread.</summary>
public sealed class VmConsole : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly StringBuilder _text = new();
    private readonly List<(string Wanted, int From, TaskCompletionSource<bool> Found)> _waiting = [];
    private readonly Task _reading;
    private bool _ended;

    public VmConsole()
    {
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>The cable; it is plugged into the machine by <see cref="Vm"/>.</summary>
    public SerialLink Link { get; } = new();

    /// <summary>All the guest wrote, one char a byte (Latin-1).</summary>
    public string Text
    {
        get
        {
            lock (_lock) return _text.ToString();
        }
    }

    /// <summary>Types into the guest.</summary>
    public void Write(string text)
    {
        foreach (var value in Encoding.Latin1.GetBytes(text)) Link.Input.TryWrite(value);
    }

    /// <summary>Completes when the guest has written <paramref name="wanted"/>, now or earlier.</summary>
    /// <returns>False: the machine ended, or the time ran out, without it.</returns>
    public async Task<bool> WaitForAsync(string wanted, TimeSpan timeout)
    {
        ArgumentException.ThrowIfNullOrEmpty(wanted);
        var found = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_text.ToString().Contains(wanted, StringComparison.Ordinal)) return true;
            if (_ended) return false;
            _waiting.Add((wanted, Math.Max(0, _text.Length - wanted.Length + 1), found));
        }
        return await Task.WhenAny(found.Task, Task.Delay(timeout)) == found.Task && await found.Task;
    }

    /// <summary>Returns when the guest's last byte is in <see cref="Text"/>. The machine must have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        Link.CompleteOutput();
        await _reading;
    }

    private async Task ReadAsync()
    {
        while (await Link.Output.WaitToReadAsync())
        {
            lock (_lock)
            {
                while (Link.Output.TryRead(out var value)) _text.Append((char)value);
                Settle();
            }
        }
        lock (_lock)
        {
            _ended = true;
            foreach (var (_, _, found) in _waiting) found.TrySetResult(false);
            _waiting.Clear();
        }
    }

    private void Settle()
    {
        for (var i = _waiting.Count - 1; i >= 0; i--)
        {
            var (wanted, from, found) = _waiting[i];
            if (_text.ToString(from, _text.Length - from).Contains(wanted, StringComparison.Ordinal))
            {
                found.TrySetResult(true);
                _waiting.RemoveAt(i);
            }
            else
            {
                _waiting[i] = (wanted, Math.Max(0, _text.Length - wanted.Length + 1), found);
            }
        }
    }
}
