using Tcg.Mttcg.Machine.Storage;
using Tcg.Mttcg.Machine.Storage.Formats;

namespace Tcg.Mttcg.Cli.Options;

/// <summary>What <c>-drive</c> says.</summary>
/// <param name="Id">The name by which a device takes it.</param>
/// <param name="IsPlugged">A device is made for it (if=virtio), rather than by <c>-device</c>.</param>
public sealed record DriveSettings(string Id, DiskOptions Disk, bool IsPlugged, string Serial)
{
    /// <exception cref="UsageException"/>
    public static IReadOnlyList<DriveSettings> Parse(IReadOnlyList<string> texts)
    {
        var drives = texts.Select(Parse).ToList();
        foreach (var drive in drives)
        {
            if (drives.Count(other => other.Id == drive.Id) > 1) throw new UsageException($"-drive: id={drive.Id} is given twice");
        }
        return drives;
    }

    private static DriveSettings Parse(string text, int index)
    {
        var list = new PropertyList("-drive", "drive," + text);
        var file = list.Take("file") ?? throw new UsageException($"-drive {text}: file=PATH is missing");
        var format = list.Take("format");
        var drive = new DriveSettings(
            list.Take("id") ?? $"virtio{index}",
            new DiskOptions(file)
            {
                Format = format is null ? null : ImageFormats.ByName(format) ?? throw new UsageException($"-drive: format={format}: one of raw, qcow2 is wanted"),
                ReadOnly = list.TakeSwitch("readonly", false),
                Snapshot = list.TakeSwitch("snapshot", false),
                IgnoreFlush = list.TakeChoice("cache", false, ("writeback", false), ("none", false), ("unsafe", true)),
            },
            list.TakeChoice("if", true, ("virtio", true), ("none", false)),
            list.Take("serial") ?? "");
        list.TakeChoice("media", 0, ("disk", 0));
        list.Finish();
        return drive;
    }
}
