using System.Buffers.Binary;

namespace Tcg.Mttcg.Machine.Storage.Formats;

public enum ImageFormat : byte { Raw, Qcow2 }

/// <summary>Formats by name and by their first bytes.</summary>
public static class ImageFormats
{
    public const int MagicBytes = 4;
    internal const uint Qcow2Magic = 0x514649fb;

    public static ImageFormat? ByName(string name) => name switch
    {
        "raw" => ImageFormat.Raw,
        "qcow2" => ImageFormat.Qcow2,
        _ => null,
    };

    /// <summary>What has no known magic is raw.</summary>
    public static ImageFormat Probe(ReadOnlySpan<byte> head) =>
        head.Length >= MagicBytes && BinaryPrimitives.ReadUInt32BigEndian(head) == Qcow2Magic ? ImageFormat.Qcow2 : ImageFormat.Raw;
}
