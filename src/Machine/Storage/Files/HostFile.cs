using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tcg.Mttcg.Machine.Storage.Files;

/// <summary>A regular file or a block device, locked as long as it is open.</summary>
public sealed partial class HostFile : IImageFile
{
    private const int ReadOnlyFlag = 0, ReadWriteFlag = 2, NonBlocking = 0x800, CloseOnExec = 0x80000;
    private const int SeekSet = 0, SeekEnd = 2, KeepSize = 1, Punch = 2;

    private readonly SafeFileHandle _handle;
    private readonly bool _canFlush;
    private bool _canPunch = true;

    private HostFile(SafeFileHandle handle, string name, bool readOnly, bool canFlush, long length) =>
        (_handle, Name, IsReadOnly, _canFlush, Length) = (handle, name, readOnly, canFlush, length);

    public string Name { get; }

    public bool IsReadOnly { get; }

    public long Length { get; private set; }

    /// <param name="ignoreFlush">Flushes do nothing (QEMU: cache=unsafe).</param>
    /// <exception cref="DiskImageException">It does not exist, is no disk, may not be opened, or somebody else uses it.</exception>
    public static HostFile Open(string path, bool readOnly, bool ignoreFlush = false)
    {
        var name = $"disk {path}";
        if (Directory.Exists(path)) throw new DiskImageException($"{name}: is a directory");
        // Not File.OpenHandle: opening a FIFO that way would wait for its other end.
        var descriptor = path.Contains('\0') ? -1 : open(path, (readOnly ? ReadOnlyFlag : ReadWriteFlag) | NonBlocking | CloseOnExec);
        if (descriptor < 0)
        {
            var reason = File.Exists(path) ? $"cannot be opened for {(readOnly ? "reading" : "writing")} ({Reason()})" : "does not exist";
            throw new DiskImageException($"{name}: {reason}");
        }
        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            // The end of a block device is found by seeking only; of a pipe or a terminal, not at all.
            var length = lseek(descriptor, 0, SeekEnd);
            if (length < 0 || lseek(descriptor, 0, SeekSet) < 0) throw new DiskImageException($"{name}: is neither a regular file nor a block device");
            FileLock.Take(descriptor, name, writes: !readOnly);
            return new HostFile(handle, name, readOnly, !ignoreFlush, length);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>An empty file that nobody else can name and that vanishes with the process.</summary>
    /// <exception cref="DiskImageException"/>
    public static HostFile Temporary()
    {
        var directory = Path.GetTempPath();
        const int temporaryFile = 0x410000, ownerOnly = 0x180;
        var descriptor = open(directory, ReadWriteFlag | temporaryFile | CloseOnExec, ownerOnly);
        if (descriptor >= 0) return new HostFile(new SafeFileHandle(descriptor, ownsHandle: true), $"temporary file in {directory}", false, false, 0);
        try
        {
            // A file system without O_TMPFILE.
            var path = Path.Combine(directory, Path.GetRandomFileName());
            var handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
            File.Delete(path);
            return new HostFile(handle, $"temporary file in {directory}", false, false, 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DiskImageException($"temporary file in {directory}: {e.Message}", e);
        }
    }

    public void Read(long offset, Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            var count = RandomAccess.Read(_handle, buffer, offset);
            if (count == 0)
            {
                buffer.Clear();
                return;
            }
            buffer = buffer[count..];
            offset += count;
        }
    }

    public void Write(long offset, ReadOnlySpan<byte> data)
    {
        try
        {
            RandomAccess.Write(_handle, data, offset);
        }
        catch (Exception e) when (e is ArgumentException or UnauthorizedAccessException)
        {
            // What .NET makes of EFBIG and EPERM.
            throw new DiskImageException($"{Name}: cannot be written at 0x{offset:x} ({e.Message})", e);
        }
        Length = Math.Max(Length, offset + data.Length);
    }

    public bool PunchHole(long offset, long length)
    {
        if (!_canPunch || length <= 0) return _canPunch;
        if (fallocate((int)_handle.DangerousGetHandle(), KeepSize | Punch, offset, length) == 0) return true;
        _canPunch = false;
        return false;
    }

    public void Flush()
    {
        if (_canFlush) RandomAccess.FlushToDisk(_handle);
    }

    public void Dispose()
    {
        if (_handle.IsClosed) return;
        FileLock.Release((int)_handle.DangerousGetHandle());
        _handle.Dispose();
    }

    private static string Reason() => Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()).ToLowerInvariant();

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode = 0);

    [LibraryImport("libc", SetLastError = true)]
    private static partial long lseek(int descriptor, long offset, int whence);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(int descriptor, int mode, long offset, long length);
}
