using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tcg.Mttcg.Machine.Boot;

/// <summary>Bytes to boot from: a file, or a buffer of the embedding program. Read in pieces; nothing loads it whole before its size is checked.</summary>
public abstract class BootSource : IDisposable
{
    /// <summary>What messages call it, such as "kernel vmlinuz".</summary>
    public abstract string Name { get; }

    /// <summary>The path or name without the role, as command lines carry it.</summary>
    public abstract string Path { get; }

    public abstract ulong Length { get; }

    /// <summary>Fills the whole buffer from an offset.</summary>
    /// <exception cref="BootImageException">The image ends before, or cannot be read.</exception>
    public abstract void Read(ulong offset, Span<byte> buffer);

    /// <summary>The first bytes, fewer when the image is shorter.</summary>
    internal byte[] Head(int length)
    {
        var bytes = new byte[(int)Math.Min((ulong)length, Length)];
        Read(0, bytes);
        return bytes;
    }

    /// <summary>Reads into guest RAM.</summary>
    internal void ReadInto(Firmware.IGuestMemory memory, ulong address, ulong offset, ulong length)
    {
        const int Chunk = 1 << 28;
        for (ulong done = 0; done < length; done += Chunk) Read(offset + done, memory.Span(address + done, (int)Math.Min(Chunk, length - done)));
    }

    internal BootImageException Error(string reason) => new($"{Name}: {reason}");

    public virtual void Dispose() => GC.SuppressFinalize(this);

    /// <param name="role">"kernel" or "initrd", for messages.</param>
    /// <exception cref="BootImageException">It does not exist, is a directory or device, is empty or unreadable.</exception>
    public static BootSource Open(string path, string role) => new FileSource(path, role);

    public static BootSource FromBytes(string name, ReadOnlyMemory<byte> bytes) => new BufferSource(name, bytes);

    private sealed class BufferSource(string name, ReadOnlyMemory<byte> bytes) : BootSource
    {
        public override string Name => name;

        public override string Path => name;

        public override ulong Length => (ulong)bytes.Length;

        public override void Read(ulong offset, Span<byte> buffer)
        {
            if (offset > Length || (ulong)buffer.Length > Length - offset) throw Error("is truncated");
            bytes.Span.Slice((int)offset, buffer.Length).CopyTo(buffer);
        }
    }
}

internal sealed partial class FileSource : BootSource
{
    private const int ReadOnly = 0, NonBlocking = 0x800, CloseOnExec = 0x80000;

    private readonly SafeFileHandle _handle;

    public FileSource(string path, string role)
    {
        (Path, Name) = (path, $"{role} {path}");
        if (Directory.Exists(path)) throw Error("is a directory");
        // Not File.OpenHandle: opening a FIFO that way would wait for a writer.
        int descriptor = path.Contains('\0') ? -1 : open(path, ReadOnly | NonBlocking | CloseOnExec);
        if (descriptor < 0) throw Error(File.Exists(path) ? "cannot be read" : "does not exist");
        _handle = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            Length = (ulong)RandomAccess.GetLength(_handle);
        }
        catch (Exception e) when (e is NotSupportedException or IOException)
        {
            _handle.Dispose();
            throw Error("is not a regular file");
        }
        if (Length > 0) return;
        _handle.Dispose();
        throw Error("is empty");
    }

    public override string Name { get; }

    public override string Path { get; }

    public override ulong Length { get; }

    public override void Read(ulong offset, Span<byte> buffer)
    {
        if (offset > Length || (ulong)buffer.Length > Length - offset) throw Error("is truncated");
        try
        {
            while (buffer.Length > 0)
            {
                int count = RandomAccess.Read(_handle, buffer, (long)offset);
                if (count == 0) throw Error("is truncated");
                buffer = buffer[count..];
                offset += (ulong)count;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BootImageException($"{Name}: cannot be read ({e.Message})", e);
        }
    }

    public override void Dispose()
    {
        _handle.Dispose();
        base.Dispose();
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);
}
