using System.Buffers.Binary;
using Tcg.Mttcg.Machine.Storage.Files;
using Tcg.Mttcg.Machine.Storage.Formats;
using Tcg.Mttcg.Machine.Storage.Qcow2;

namespace Tcg.Mttcg.Machine.Storage;

/// <summary>Opens images, with the chain of backing files below them.</summary>
public static class DiskImages
{
    private const int DeepestChain = 64;

    /// <exception cref="DiskImageException">The image, or one below it, cannot be used; the message is one line for the user.</exception>
    public static IDiskImage Open(DiskOptions options)
    {
        var image = Open(options.Path, options.Format, options.ReadOnly || options.Snapshot, options.IgnoreFlush, []);
        if (!options.Snapshot) return image;
        try
        {
            return new OverlayImage(image, HostFile.Temporary());
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    private static IDiskImage Open(string path, ImageFormat? format, bool readOnly, bool ignoreFlush, HashSet<string> above)
    {
        if (!above.Add(RealPath(path)) || above.Count > DeepestChain) throw new DiskImageException($"disk {path}: is its own backing file: the chain of backing files has a loop");
        IImageFile file = HostFile.Open(path, readOnly, ignoreFlush);
        try
        {
            if ((format ?? Probe(file)) == ImageFormat.Raw) return new RawImage(file, isGuess: format is null);
            return OpenQcow2(file, path, ignoreFlush, above);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static Qcow2Image OpenQcow2(IImageFile file, string path, bool ignoreFlush, HashSet<string> above)
    {
        var header = Qcow2Header.Read(file);
        var backing = header.BackingFile is { } name ? OpenBacking(path, name, header.BackingFormat, ignoreFlush, above) : null;
        try
        {
            return Mount(file, header, backing);
        }
        catch
        {
            backing?.Dispose();
            throw;
        }
    }

    /// <summary>An image over its file, made fit to be written if it may be.</summary>
    internal static Qcow2Image Mount(IImageFile file, Qcow2Header header, IDiskImage? backing)
    {
        if (!file.IsReadOnly)
        {
            if ((header.Incompatible & Qcow2Header.Corrupt) != 0)
                throw new DiskImageException($"{file.Name}: is marked corrupt and can only be read; repair it with qemu-img check -r all");
            if (header.Autoclear != 0) ClearAutoclear(file);
            if ((header.Incompatible & Qcow2Header.Dirty) != 0)
            {
                RefcountRebuild.Run(file, header);
                header = Qcow2Header.Read(file);
            }
        }
        return new Qcow2Image(file, header, backing);
    }

    // Whoever writes without knowing these features makes what belongs to them out of date.
    private static void ClearAutoclear(IImageFile file)
    {
        Span<byte> zeros = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(zeros, 0);
        file.Write(Qcow2Header.AutoclearAt, zeros);
        file.Flush();
    }

    private static IDiskImage OpenBacking(string path, string name, string? formatName, bool ignoreFlush, HashSet<string> above)
    {
        if (name.StartsWith("file:", StringComparison.Ordinal)) name = name["file:".Length..];
        if (name.StartsWith("json:", StringComparison.Ordinal) || name.Contains("://", StringComparison.Ordinal))
            throw new DiskImageException($"disk {path}: its backing file '{name}' is not a plain file");
        ImageFormat? format = null;
        if (formatName is not null)
            format = ImageFormats.ByName(formatName) ?? throw new DiskImageException($"disk {path}: its backing file has the unknown format '{formatName}'");
        var below = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/", name);
        if (!File.Exists(below) && !Directory.Exists(below)) throw new DiskImageException($"disk {path}: its backing file {below} does not exist");
        return Open(below, format, readOnly: true, ignoreFlush, above);
    }

    private static ImageFormat Probe(IImageFile file)
    {
        var head = new byte[ImageFormats.MagicBytes];
        file.Read(0, head);
        return ImageFormats.Probe(head);
    }

    private static string RealPath(string path)
    {
        try
        {
            return (File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path)).TrimEnd('/');
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            return path;
        }
    }
}
