using System.Runtime.InteropServices;

namespace Tcg.Mttcg.Machine.Storage.Files;

/// <summary>
/// Says by advisory locks what an open image is used for, with the bytes that QEMU and qemu-img lock for the same purpose, so that each of us notices
/// the others: byte 100 + n of the file is locked by who makes use of permission n, byte 200 + n by who cannot bear that others do.
/// </summary>
/// <remarks>Locks belong to the open file (Linux, fcntl(2), "Open file description locks"): they end with it, however the process ends.</remarks>
internal static partial class FileLock
{
    private const int SetLock = 37, GetLock = 36;
    private const short ReadLock = 0, WriteLock = 1, Unlocked = 2;
    private const int UsedBase = 100, RefusedBase = 200;
    private const int PermissionRead = 0, PermissionWrite = 1, PermissionResize = 3;

    private static readonly int[] Reader = [PermissionRead], Writer = [PermissionRead, PermissionWrite, PermissionResize];
    private static readonly int[] Refused = [PermissionWrite, PermissionResize];

    [StructLayout(LayoutKind.Sequential)]
    private struct Flock
    {
        public short Type, Whence;
        public long Start, Length;
        public int Process;
    }

    /// <exception cref="DiskImageException">Somebody uses the file in a way that does not go together with this one.</exception>
    public static void Take(int descriptor, string name, bool writes)
    {
        var used = writes ? Writer : Reader;
        // First say it, then look: of two that come at once at least one sees the other.
        foreach (var permission in used) Announce(descriptor, UsedBase + permission);
        foreach (var permission in Refused) Announce(descriptor, RefusedBase + permission);
        if (used.Any(permission => IsTaken(descriptor, RefusedBase + permission)) || Refused.Any(permission => IsTaken(descriptor, UsedBase + permission)))
            throw new DiskImageException($"{name}: is in use by another machine or program");
    }

    /// <summary>Before the file is closed: a child process that is just being started may hold a copy of the descriptor a little longer.</summary>
    public static void Release(int descriptor)
    {
        var all = new Flock { Type = Unlocked };
        _ = fcntl(descriptor, SetLock, ref all);
    }

    // A file system without locks protects nobody, but can be used.
    private static void Announce(int descriptor, int at)
    {
        var range = new Flock { Type = ReadLock, Start = at, Length = 1 };
        _ = fcntl(descriptor, SetLock, ref range);
    }

    private static bool IsTaken(int descriptor, int at)
    {
        var range = new Flock { Type = WriteLock, Start = at, Length = 1 };
        return fcntl(descriptor, GetLock, ref range) == 0 && range.Type != Unlocked;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int descriptor, int command, ref Flock range);
}
