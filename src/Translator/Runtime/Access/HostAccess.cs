using System.Runtime.CompilerServices;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>
/// Single-copy accesses to guest memory from managed code, ordered as x86 orders its own: loads acquire, stores release, read-modify-write
/// operations are full fences (SDM 3A 9.2).
/// </summary>
internal static unsafe class HostAccess
{
    public static ulong Load(byte* host, int bytes) => bytes switch
    {
        1 => Volatile.Read(ref *host),
        2 => Volatile.Read(ref *(ushort*)host),
        4 => Volatile.Read(ref *(uint*)host),
        _ => Volatile.Read(ref *(ulong*)host),
    };

    public static void Store(byte* host, int bytes, ulong value)
    {
        switch (bytes)
        {
            case 1: Volatile.Write(ref *host, (byte)value); break;
            case 2: Volatile.Write(ref *(ushort*)host, (ushort)value); break;
            case 4: Volatile.Write(ref *(uint*)host, (uint)value); break;
            default: Volatile.Write(ref *(ulong*)host, value); break;
        }
    }

    /// <summary>Returns what was there; it was replaced if equal to <paramref name="expected"/>.</summary>
    public static ulong CompareExchange(byte* host, int bytes, ulong value, ulong expected) => bytes switch
    {
        1 => Interlocked.CompareExchange(ref *host, (byte)value, (byte)expected),
        2 => Interlocked.CompareExchange(ref *(ushort*)host, (ushort)value, (ushort)expected),
        4 => Interlocked.CompareExchange(ref *(uint*)host, (uint)value, (uint)expected),
        _ => Interlocked.CompareExchange(ref *(ulong*)host, value, expected),
    };

    /// <summary>The largest access size that fits <paramref name="bytes"/>.</summary>
    public static int Piece(int bytes) => bytes >= 8 ? 8 : bytes >= 4 ? 4 : bytes >= 2 ? 2 : 1;

    /// <summary>What memory becomes; bits above the operand are garbage.</summary>
    public static ulong Compute(RmwKind kind, ulong old, ulong source, bool carry, int bytes)
    {
        var bit = 1UL << (int)(source & (ulong)(bytes * 8 - 1));
        return kind switch
        {
            RmwKind.Add or RmwKind.Xadd => old + source,
            RmwKind.Adc => old + source + Unsafe.BitCast<bool, byte>(carry),
            RmwKind.Sub => old - source,
            RmwKind.Sbb => old - source - Unsafe.BitCast<bool, byte>(carry),
            RmwKind.And => old & source,
            RmwKind.Or => old | source,
            RmwKind.Xor => old ^ source,
            RmwKind.Inc => old + 1,
            RmwKind.Dec => old - 1,
            RmwKind.Not => ~old,
            RmwKind.Neg => 0 - old,
            RmwKind.Xchg => source,
            RmwKind.Bts => old | bit,
            RmwKind.Btr => old & ~bit,
            _ => old ^ bit,
        };
    }
}
