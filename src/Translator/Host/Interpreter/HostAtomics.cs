using System.Runtime.InteropServices;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Host.Interpreter;

/// <summary>Guest LOCK operations as host atomics.</summary>
internal static unsafe class HostAtomics
{
    /// <summary>Only x86 hosts have atomics on unaligned addresses; elsewhere those take the slow path.</summary>
    public static bool CanAccess(byte* host, OpSize size) =>
        ((nuint)host & (nuint)(Width.Bytes(size) - 1)) == 0 || RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>Stores <paramref name="value"/> if memory holds <paramref name="expected"/>; returns what it held.</summary>
    public static ulong CompareExchange(byte* host, OpSize size, ulong value, ulong expected) => size switch
    {
        OpSize.B8 => Interlocked.CompareExchange(ref *host, (byte)value, (byte)expected),
        OpSize.B16 => Interlocked.CompareExchange(ref *(ushort*)host, (ushort)value, (ushort)expected),
        OpSize.B32 => Interlocked.CompareExchange(ref *(uint*)host, (uint)value, (uint)expected),
        _ => Interlocked.CompareExchange(ref *(ulong*)host, value, expected),
    };

    public static ulong Exchange(byte* host, OpSize size, ulong value) => size switch
    {
        OpSize.B8 => Interlocked.Exchange(ref *host, (byte)value),
        OpSize.B16 => Interlocked.Exchange(ref *(ushort*)host, (ushort)value),
        OpSize.B32 => Interlocked.Exchange(ref *(uint*)host, (uint)value),
        _ => Interlocked.Exchange(ref *(ulong*)host, value),
    };
}
