using Tcg.Mttcg.Machine.Storage.Formats;

namespace Tcg.Mttcg.Machine.Storage;

/// <summary>Which image to open, and how.</summary>
/// <param name="Path">Of the topmost file.</param>
public sealed record DiskOptions(string Path)
{
    /// <summary>Null: by its first bytes.</summary>
    public ImageFormat? Format { get; init; }

    public bool ReadOnly { get; init; }

    /// <summary>Writes go to a temporary file and are gone with the machine.</summary>
    public bool Snapshot { get; init; }

    /// <summary>The guest's flushes do nothing (QEMU: cache=unsafe): a crash of the host may cost the whole disk.</summary>
    public bool IgnoreFlush { get; init; }
}
