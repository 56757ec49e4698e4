using Tcg.Mttcg.Cli.Options;

namespace Tcg.Mttcg.Cli.Output;

/// <summary>On a terminal, while images are read that take a moment: a line that says so and goes away.</summary>
internal sealed class LoadingLine : IDisposable
{
    private const ulong WorthSaying = 64 << 20;

    private readonly bool _isShown;

    private LoadingLine(bool isShown) => _isShown = isShown;

    /// <param name="bytes">Of all images together.</param>
    public static LoadingLine Show(ulong bytes)
    {
        var isShown = bytes >= WorthSaying && !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
        if (isShown) Console.Error.Write($"mttcg: loading {bytes >> 20} MiB ...");
        return new LoadingLine(isShown);
    }

    /// <summary>As <see cref="Show"/>, of files that may not be there.</summary>
    public static LoadingLine ShowFor(RunSettings settings) => Show(Size(settings.Kernel) + Size(settings.Initrd));

    public void Dispose()
    {
        if (_isShown) Console.Error.Write("\r\e[K");
    }

    private static ulong Size(string? path) => path is { Length: > 0 } && new FileInfo(path) is { Exists: true } file ? (ulong)file.Length : 0;
}
