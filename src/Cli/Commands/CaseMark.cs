using System.IO.MemoryMappedFiles;

namespace Tcg.Mttcg.Cli.Commands;

/// <summary>A file that holds the number of the case under way: a crash of the process leaves it behind.</summary>
internal sealed class CaseMark : IDisposable
{
    private readonly string _path;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    public CaseMark(int seed)
    {
        _path = Path.Combine(Path.GetTempPath(), $"mttcg-fuzz-{seed}-{Environment.ProcessId}");
        _file = MemoryMappedFile.CreateFromFile(_path, FileMode.Create, null, sizeof(long));
        _view = _file.CreateViewAccessor();
        Console.Error.WriteLine($"should this process die: mttcg selftest --fuzz --seed {seed} --cases 1 --from $(od -An -td8 {_path})");
    }

    public void Write(long index) => _view.Write(0, index);

    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
        File.Delete(_path);
    }
}
