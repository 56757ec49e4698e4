using System.Runtime.InteropServices;

namespace Tcg.Mttcg.Cli.Output;

/// <summary>
/// Standard input without line editing, echo and signals, so that every key reaches the guest; as it was again after <see cref="Dispose"/>, or when
/// the process ends in any other orderly way.
/// </summary>
internal sealed partial class RawTerminal : IDisposable
{
    // struct termios is 60 bytes with Linux's C libraries; the rest is slack.
    private const int TermiosBytes = 128, StandardInput = 0, Now = 0;

    private readonly byte[] _before = new byte[TermiosBytes];
    private int _restored;

    private RawTerminal() => AppDomain.CurrentDomain.ProcessExit += OnExit;

    /// <summary>Null: standard input is no terminal.</summary>
    public static RawTerminal? Enter()
    {
        if (Console.IsInputRedirected) return null;
        var terminal = new RawTerminal();
        if (tcgetattr(StandardInput, terminal._before) != 0)
        {
            terminal.Dispose();
            return null;
        }
        var raw = (byte[])terminal._before.Clone();
        cfmakeraw(raw);
        // Output processing stays on: the guest's own lines and ours both start at the left edge.
        BitConverter.TryWriteBytes(raw.AsSpan(4), BitConverter.ToUInt32(terminal._before, 4));
        tcsetattr(StandardInput, Now, raw);
        return terminal;
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        if (Interlocked.Exchange(ref _restored, 1) == 0) tcsetattr(StandardInput, Now, _before);
    }

    private void OnExit(object? sender, EventArgs e) => Dispose();

    [LibraryImport("libc")]
    private static partial int tcgetattr(int descriptor, [Out] byte[] termios);

    [LibraryImport("libc")]
    private static partial int tcsetattr(int descriptor, int actions, byte[] termios);

    [LibraryImport("libc")]
    private static partial void cfmakeraw([In, Out] byte[] termios);
}
