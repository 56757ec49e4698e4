using System.Runtime.InteropServices;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>Memory at chosen low addresses of the test process, so that the same pointers work natively and as guest linear addresses.</summary>
internal static unsafe partial class HostPages
{
    /// <summary>Tests of this collection share the addresses and take turns.</summary>
    public const string Collection = "fixed host addresses";

    private const int ProtRead = 1, ProtWrite = 2, ProtExec = 4;
    private const int MapShared = 1, MapPrivate = 2, MapAnonymous = 0x20, MapFixedNoReplace = 0x100000;

    public static byte* Data(ulong address, int bytes) => Map((nint)address, bytes, ProtRead | ProtWrite, MapPrivate | MapAnonymous | MapFixedNoReplace, -1);

    /// <summary>One page seen twice: executable at the address, writable elsewhere.</summary>
    public static byte* Code(ulong address, int bytes)
    {
        var file = MemfdCreate("oracle", 0);
        if (file < 0 || Truncate(file, bytes) != 0) throw new InvalidOperationException($"memfd: {Marshal.GetLastPInvokeError()}");
        Map((nint)address, bytes, ProtRead | ProtExec, MapShared | MapFixedNoReplace, file);
        var writable = Map(0, bytes, ProtRead | ProtWrite, MapShared, file);
        Close(file);
        return writable;
    }

    public static void Free(void* address, int bytes) => Unmap((nint)address, bytes);

    private static byte* Map(nint address, int bytes, int protection, int flags, int file)
    {
        var result = MapPages(address, bytes, protection, flags, file, 0);
        if (result == -1) throw new InvalidOperationException($"mmap at 0x{address:x}: {Marshal.GetLastPInvokeError()}");
        return (byte*)result;
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint MapPages(nint address, nint bytes, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, nint bytes);

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MemfdCreate(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    private static partial int Truncate(int file, nint bytes);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
