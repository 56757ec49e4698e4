using System.Diagnostics;
using Tcg.Mttcg.Guests.BareMetal;

namespace Tcg.Mttcg.Guests.Tests.Support;

/// <summary>A directory of files that a test needs, gone after it.</summary>
public sealed class Scratch : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mttcg-test-");

    public string this[string name] => Path.Combine(_directory.FullName, name);

    /// <summary>A bootable image.</summary>
    public string Write(GuestImage image) => image.WriteTo(_directory.FullName);

    public string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(this[name], bytes);
        return this[name];
    }

    /// <summary>A file that claims a size and holds nothing.</summary>
    public string Sparse(string name, long bytes)
    {
        using var file = File.Create(this[name]);
        file.SetLength(bytes);
        return this[name];
    }

    public string Fifo(string name)
    {
        using var make = Process.Start("mkfifo", [this[name]]);
        make.WaitForExit();
        return this[name];
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
