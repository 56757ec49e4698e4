using System.Buffers.Binary;
using System.Text;
using Tcg.Mttcg.Machine.Storage.Files;

namespace Tcg.Mttcg.Machine.Storage.Qcow2;

/// <summary>The header extensions, by type: what follows the header in the first cluster (qcow2.rst, "Header extensions").</summary>
internal sealed class Qcow2Extensions
{
    private const uint End = 0, FeatureNames = 0x6803f857;
    private const int FeatureNameBytes = 48;

    private readonly Dictionary<uint, byte[]> _byType = [];

    /// <param name="backingName">Offset of the backing file's name, before which the extensions end; 0: none.</param>
    /// <exception cref="DiskImageException"/>
    public static Qcow2Extensions Read(IImageFile file, uint start, int clusterBytes, ulong backingName)
    {
        var end = (uint)(backingName > start && backingName < (ulong)clusterBytes ? backingName : (ulong)clusterBytes);
        var area = new byte[end - start];
        file.Read(start, area);
        var extensions = new Qcow2Extensions();
        for (var at = 0; at + 8 <= area.Length;)
        {
            var type = BinaryPrimitives.ReadUInt32BigEndian(area.AsSpan(at));
            var length = BinaryPrimitives.ReadUInt32BigEndian(area.AsSpan(at + 4));
            if (type == End) break;
            at += 8;
            if (length > area.Length - at) throw new DiskImageException($"{file.Name}: has a header extension that runs out of its header");
            extensions._byType[type] = area.AsSpan(at, (int)length).ToArray();
            at += (int)((length + 7) & ~7u);
        }
        return extensions;
    }

    public string? Text(uint type) => _byType.TryGetValue(type, out var bytes) ? Encoding.UTF8.GetString(bytes) : null;

    /// <summary>The image's own name for an incompatible feature.</summary>
    public string? FeatureName(int bit)
    {
        if (!_byType.TryGetValue(FeatureNames, out var table)) return null;
        for (var at = 0; at + FeatureNameBytes <= table.Length; at += FeatureNameBytes)
        {
            if (table[at] != 0 || table[at + 1] != bit) continue;
            var name = Encoding.UTF8.GetString(table, at + 2, FeatureNameBytes - 2).TrimEnd('\0');
            return new string([.. name.Where(c => !char.IsControl(c))]);
        }
        return null;
    }
}
