using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Tcg.Mttcg.Memory.Host;

/// <summary>Every call into the C library that this project makes. Numbers are those of Linux on x86-64 and arm64.</summary>
internal static partial class Libc
{
    internal const int MapShared = 0x01;
    internal const int MapPrivate = 0x02;
    internal const int MapFixed = 0x10;
    internal const int MapAnonymous = 0x20;
    internal const int MapNoReserve = 0x4000;
    internal const nint MapFailed = -1;

    internal const uint MemfdCloseOnExec = 1;

    internal const int AdviseHugePage = 14;
    internal const int AdviseDontDump = 16;
    internal const int AdvisePopulateRead = 22;
    internal const int AdvisePopulateWrite = 23;

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MemfdCreate(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "ftruncate", SetLastError = true)]
    internal static partial int Truncate(SafeFileHandle file, long length);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    internal static partial nint Map(nint address, nuint length, int protection, int flags, SafeFileHandle file, long offset);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    internal static partial nint MapAnonymously(nint address, nuint length, int protection, int flags, int noFile, long noOffset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    internal static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    internal static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "madvise")]
    internal static partial int Advise(nint address, nuint length, int advice);
}
