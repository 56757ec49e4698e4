using Microsoft.Win32.SafeHandles;

namespace Tcg.Mttcg.Cli.Output;

/// <summary>
/// Standard input and output without .NET's terminal layer where they are a terminal: it edits lines, and it switches the keypad's mode and
/// never back.
/// </summary>
internal static class StandardStreams
{
    public static Stream Input()
    {
        try
        {
            return Console.IsInputRedirected ? Console.OpenStandardInput() : Raw(0, FileAccess.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // It is closed: nobody types.
            return Stream.Null;
        }
    }

    public static Stream Output() => Console.IsOutputRedirected ? Console.OpenStandardOutput() : Raw(1, FileAccess.Write);

    /// <summary>Makes <see cref="Console.Out"/> and <see cref="Console.Error"/> write there too.</summary>
    public static void UseForConsole()
    {
        if (!Console.IsOutputRedirected) Console.SetOut(Writer(1));
        if (!Console.IsErrorRedirected) Console.SetError(Writer(2));
    }

    private static StreamWriter Writer(int descriptor) => new(Raw(descriptor, FileAccess.Write)) { AutoFlush = true };

    private static FileStream Raw(int descriptor, FileAccess access) => new(new SafeFileHandle(descriptor, ownsHandle: false), access, bufferSize: 0);
}
