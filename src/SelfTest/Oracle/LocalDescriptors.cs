using System.Runtime.InteropServices;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>Segments of this process that do not begin at zero (modify_ldt(2)): the host runs 16-bit and segmented 32-bit code in them, if its kernel allows.</summary>
internal static unsafe partial class LocalDescriptors
{
    private const long ModifyLdt = 154;
    private const int WriteNew = 0x11, LocalUser = 7;

    // user_desc: 32-bit, contents (0 data, 2 code), read/execute only, limit in pages, not present, usable.
    private const uint Is32 = 1, IsCode = 2 << 1, InPages = 1 << 4, Usable = 1 << 6;
    private const uint AllPages = 0xfffff, ShortLimit = 0xffff;

    public static bool AreAllowed => NativeRunner.IsSupported && TrySet(OracleMode.Short, out _, out _);

    /// <summary>Sets the two descriptors of a mode, which every thread sees.</summary>
    /// <returns>False: the kernel has none.</returns>
    public static bool TrySet(OracleMode mode, out ushort code, out ushort data)
    {
        var first = mode.Bitness == 16 ? 2u : 0u;
        var (flags, limit) = mode.Bitness == 16 ? (Usable, ShortLimit) : (Usable | Is32 | InPages, AllPages);
        code = Selector(first);
        data = Selector(first + 1);
        return Write(first, mode.CodeBase, limit, flags | IsCode) && Write(first + 1, mode.DataBase, limit, flags);
    }

    private static ushort Selector(uint index) => (ushort)((index << 3) | LocalUser);

    private static bool Write(uint index, ulong start, uint limit, uint flags)
    {
        var entry = stackalloc uint[] { index, (uint)start, limit, flags };
        return SystemCall(ModifyLdt, WriteNew, entry, 4 * sizeof(uint)) == 0;
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial long SystemCall(long number, nint function, uint* entry, nint bytes);
}
