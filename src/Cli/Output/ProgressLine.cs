using System.Diagnostics;

namespace Tcg.Mttcg.Cli.Output;

/// <summary>One line on standard error that is written again and again; nothing if that is no terminal.</summary>
internal sealed class ProgressLine(TimeSpan interval)
{
    private const string Erase = "\r\u001b[K";

    private readonly bool _isTerminal = !Console.IsErrorRedirected;
    private long _last;

    public void Show(Func<string> text)
    {
        if (!_isTerminal || (_last != 0 && Stopwatch.GetElapsedTime(_last) < interval)) return;
        _last = Stopwatch.GetTimestamp();
        Console.Error.Write(Erase + text());
    }

    public void Clear()
    {
        if (_last != 0) Console.Error.Write(Erase);
    }
}
