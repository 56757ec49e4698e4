using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Translator.Host.X64;

/// <summary>
/// Tells <c>perf</c> the names of translated code: lines of <c>/tmp/perf-PID.map</c>. The runtime writes the same file when
/// DOTNET_PerfMapEnabled is set and overwrites ours; set DOTNET_PerfMapJitDumpPath as well and it goes elsewhere. Safe from several threads.
/// </summary>
public sealed class X64PerfMap : IDisposable
{
    private readonly Lock _gate = new();
    private readonly StreamWriter _file;

    /// <param name="path">Null: where perf looks for this process.</param>
    public X64PerfMap(string? path = null)
    {
        Path = path ?? $"/tmp/perf-{Environment.ProcessId}.map";
        _file = new StreamWriter(Path, append: true) { AutoFlush = true };
    }

    public string Path { get; }

    public void Add(X64Thunks thunks)
    {
        ArgumentNullException.ThrowIfNull(thunks);
        for (var i = 0; i < thunks.Names.Count; i++)
        {
            var (start, name) = thunks.Names[i];
            var end = i + 1 < thunks.Names.Count ? thunks.Names[i + 1].Start : thunks.End;
            Add(start, (int)(end - start), name);
        }
    }

    public void Add(TranslationBlock tb)
    {
        ArgumentNullException.ThrowIfNull(tb);
        Add(tb.Entry, tb.CodeBytes, $"guest_0x{tb.Key.Context.Pc:x}_tb{tb.Id}");
    }

    private void Add(nuint start, int bytes, string name)
    {
        lock (_gate) _file.WriteLine($"{start:x} {bytes:x} {name}");
    }

    public void Dispose() => _file.Dispose();
}
