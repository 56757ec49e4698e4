using System.Text;
using Tcg.Mttcg.Machine.Serial;

namespace Tcg.Mttcg;

/// <summary>A guest's serial port in the hands of a program: what it wrote so far, waiting for text, typing. Safe from any thread.</summary>
public sealed class VmConsole : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly StringBuilder _text = new();
    private readonly List<Waiter> _waiting = [];
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
    public Task<bool> WaitForAsync(string wanted, TimeSpan timeout)
    {
        ArgumentException.ThrowIfNullOrEmpty(wanted);
        var from = 0;
        return WaitAsync(text =>
        {
            if (text.ToString(from, text.Length - from).Contains(wanted, StringComparison.Ordinal)) return true;
            from = Math.Max(0, text.Length - wanted.Length + 1);
            return false;
        }, timeout);
    }

    /// <summary>
    /// Completes when <paramref name="satisfied"/> by all the guest wrote so far. It is asked now and after each batch of output, on the thread
    /// that reads it.
    /// </summary>
    /// <returns>False: the machine ended, or the time ran out, before.</returns>
    public Task<bool> WaitUntilAsync(Func<string, bool> satisfied, TimeSpan timeout) => WaitAsync(text => satisfied(text.ToString()), timeout);

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
            foreach (var waiter in _waiting) waiter.Found.TrySetResult(false);
            _waiting.Clear();
        }
    }

    private async Task<bool> WaitAsync(Func<StringBuilder, bool> satisfied, TimeSpan timeout)
    {
        var waiter = new Waiter(satisfied);
        lock (_lock)
        {
            if (satisfied(_text)) return true;
            if (_ended) return false;
            _waiting.Add(waiter);
        }
        if (await Task.WhenAny(waiter.Found.Task, Task.Delay(timeout)) == waiter.Found.Task) return await waiter.Found.Task;
        lock (_lock) _waiting.Remove(waiter);
        return false;
    }

    private void Settle()
    {
        for (var i = _waiting.Count - 1; i >= 0; i--)
        {
            if (_waiting[i].Look(_text)) _waiting.RemoveAt(i);
        }
    }

    private sealed record Waiter(Func<StringBuilder, bool> Satisfied)
    {
        public TaskCompletionSource<bool> Found { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        // True: it waits no longer. What a caller's predicate throws is the caller's.
        public bool Look(StringBuilder text)
        {
            try
            {
                return Satisfied(text) && Found.TrySetResult(true);
            }
            catch (Exception failure)
            {
                return Found.TrySetException(failure);
            }
        }
    }
}
