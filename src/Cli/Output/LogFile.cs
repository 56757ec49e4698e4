using Tcg.Mttcg.Cli.Options;
using Tcg.Mttcg.Translator.Diagnostics;

namespace Tcg.Mttcg.Cli.Output;

/// <summary>Where <c>-d</c> writes: the file of <c>-D</c>, or standard error.</summary>
internal sealed class LogFile : IDisposable
{
    private readonly LogWriter? _file;

    private LogFile(LogWriter? file, ExecutionLog? log) => (_file, Log) = (file, log);

    /// <summary>Null: nothing is logged.</summary>
    public ExecutionLog? Log { get; }

    /// <exception cref="UsageException">The file cannot be written.</exception>
    public static LogFile Open(RunSettings settings)
    {
        if (settings.LogItems.Count == 0) return new LogFile(null, null);
        var items = settings.LogItems.Aggregate(LogItems.None, (all, item) => all | LogItem.Flags[item]);
        if (settings.LogFile is null) return new LogFile(null, new ExecutionLog(Console.Error, items));
        try
        {
            var file = new LogWriter(new FileStream(settings.LogFile, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0), settings.LogFile);
            return new LogFile(file, new ExecutionLog(file, items));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"-D {settings.LogFile}: {e.Message}");
        }
    }

    public void Dispose() => _file?.Dispose();
}
