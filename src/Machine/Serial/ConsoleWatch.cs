using System.Text;
using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Serial;

/// <summary>
/// Reads what a guest sends through a serial port and notices a Linux kernel that gave up: its last line, "---[ end Kernel panic", and then silence. The
/// text alone proves nothing, since a guest may also print an old log. Called inside the port's gate; the properties are for any thread.
/// </summary>
public sealed class ConsoleWatch : IResettable
{
    /// <summary>Lines kept for a report.</summary>
    public const int KeptLines = 25;

    private const int LongestLine = 240, PanicReach = 64;
    private const long SilenceNanoseconds = 1_000_000_000;
    private const string PanicStart = "Kernel panic - not syncing", PanicEnd = "---[ end Kernel panic - not syncing", Reboot = "reboot: ";

    private readonly IClock _clock;
    private readonly IClockTimer _silence;
    private readonly StringBuilder _line = new();
    private readonly Queue<string> _lines = new();
    private volatile string? _panic;
    private int _linesSincePanic;
    private bool _hasEnded;

    /// <param name="clock">Its timers run inside the port's gate.</param>
    /// <param name="panicked">The guest's kernel seems to have given up for good.</param>
    public ConsoleWatch(IClock clock, Action panicked)
    {
        _clock = clock;
        _silence = clock.CreateTimer(panicked);
    }

    /// <summary>A panic's first line when it was among the last ones and nobody said since that the machine is rebooted in order.</summary>
    public string? Panic => _panic;

    /// <summary>The last lines, oldest first.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines) return [.. _lines];
        }
    }

    public void Observe(byte value)
    {
        if (_hasEnded)
        {
            _hasEnded = false;
            _silence.Cancel();
        }
        if (value == '\n') EndLine();
        else if (value != '\r' && _line.Length < LongestLine) _line.Append((char)value);
    }

    /// <summary>A new start is a new story.</summary>
    public void Reset()
    {
        _silence.Cancel();
        (_panic, _hasEnded) = (null, false);
        _line.Clear();
    }

    private void EndLine()
    {
        var line = _line.ToString();
        _line.Clear();
        lock (_lines)
        {
            _lines.Enqueue(line);
            if (_lines.Count > KeptLines) _lines.Dequeue();
        }
        var text = WithoutStamps(line);
        if (_panic is null)
        {
            if (text.StartsWith(PanicStart, StringComparison.Ordinal)) (_panic, _linesSincePanic) = (text.ToString(), 0);
        }
        else if (++_linesSincePanic > PanicReach || text.StartsWith(Reboot, StringComparison.Ordinal))
        {
            _panic = null;
        }
        else if (text.StartsWith(PanicEnd, StringComparison.Ordinal))
        {
            _hasEnded = true;
            _silence.Arm(_clock.Nanoseconds + SilenceNanoseconds);
        }
    }

    // "[    1.234567][    T1] text": time and caller, as the kernel is configured.
    private static ReadOnlySpan<char> WithoutStamps(ReadOnlySpan<char> line)
    {
        while (line.StartsWith('[') && line.IndexOf(']') is > 0 and var end) line = line[(end + 1)..].TrimStart(' ');
        return line;
    }
}
