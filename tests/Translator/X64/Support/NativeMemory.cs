using System.Runtime.InteropServices;

namespace Tcg.Mttcg.Translator.Tests.X64;

/// <summary>Anonymous pages, and one memfd seen twice: writable and executable.</summary>
internal static unsafe partial class NativeMemory
{
    private const int Read = 1, Write = 2, Execute = 4, Shared = 1, Private = 2, Anonymous = 0x20;

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(nint address, nint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(nint address, nint length);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(int file, nint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int file);

    public static byte* Allocate(int bytes) => Check(mmap(0, bytes, Read | Write, Private | Anonymous, -1, 0));

    public static (nint Writable, nint Executable) AllocateCode(int bytes)
    {
        var file = memfd_create("code", 0);
        if (file < 0 || ftruncate(file, bytes) != 0) throw new InvalidOperationException("memfd");
        var writable = Check(mmap(0, bytes, Read | Write, Shared, file, 0));
        var executable = Check(mmap(0, bytes, Read | Execute, Shared, file, 0));
        _ = close(file);
        return ((nint)writable, (nint)executable);
    }

    public static void Free(void* address, int bytes) => _ = munmap((nint)address, bytes);

    private static byte* Check(nint address) => address != -1 ? (byte*)address : throw new InvalidOperationException("mmap");
}
