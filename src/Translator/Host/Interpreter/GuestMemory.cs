using System.Runtime.CompilerServices;
using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.Interpreter;

/// <summary>
/// Guest memory through the soft TLB. The order of accesses is x86-TSO on any host: loads acquire, stores release, and what is aligned is one
/// access of the host.
/// </summary>
internal static unsafe class GuestMemory
{
    /// <summary>Host address of n bytes at a linear address, or null: take the slow path (<see cref="TlbEntry"/> says why).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Find(Frame frame, ulong linear, int bytes, int tagOffset)
    {
        var view = frame.Block.Context.MmuIndex;
        var index = (linear >> 7) & frame.State->TlbMask[(int)view];
        var entry = (byte*)frame.State + CpuLayout.TlbTableOffset(view) + index;
        var x = linear ^ *(ulong*)(entry + tagOffset);
        return x > (ulong)(PageBytes - bytes) ? null : (byte*)*(ulong*)(entry + TlbEntry.HostPageOffset) + x;
    }

    private const int PageBytes = Memory.PageSize.Bytes;

    /// <summary>Zero-extended. Check <see cref="Frame.Left"/> afterwards.</summary>
    public static ulong Load(Frame frame, ulong linear, OpSize size)
    {
        var host = Find(frame, linear, Width.Bytes(size), TlbEntry.ReadTagOffset);
        return host != null ? LoadHost(host, size) : frame.Call(HelperId.LoadSlow, linear, 0, Access(frame, Width.Bytes(size)).Raw);
    }

    /// <summary>Check <see cref="Frame.Left"/> afterwards.</summary>
    public static void Store(Frame frame, ulong linear, OpSize size, ulong value)
    {
        var host = Find(frame, linear, Width.Bytes(size), TlbEntry.WriteTagOffset);
        if (host != null) StoreHost(host, size, value);
        else frame.Call(HelperId.StoreSlow, linear, value & Width.Mask(size), Access(frame, Width.Bytes(size)).Raw);
    }

    public static MemoryAccess Access(Frame frame, int bytes) => new(bytes, frame.Block.Context.MmuIndex);

    public static ulong LoadHost(byte* host, OpSize size)
    {
        if (((nuint)host & (nuint)(Width.Bytes(size) - 1)) != 0)
        {
            var value = LoadUnaligned(host, size);
            Volatile.ReadBarrier();
            return value;
        }
        return size switch
        {
            OpSize.B8 => Volatile.Read(ref *host),
            OpSize.B16 => Volatile.Read(ref *(ushort*)host),
            OpSize.B32 => Volatile.Read(ref *(uint*)host),
            _ => Volatile.Read(ref *(ulong*)host),
        };
    }

    public static void StoreHost(byte* host, OpSize size, ulong value)
    {
        if (((nuint)host & (nuint)(Width.Bytes(size) - 1)) != 0)
        {
            Volatile.WriteBarrier();
            StoreUnaligned(host, size, value);
            return;
        }
        switch (size)
        {
            case OpSize.B8: Volatile.Write(ref *host, (byte)value); break;
            case OpSize.B16: Volatile.Write(ref *(ushort*)host, (ushort)value); break;
            case OpSize.B32: Volatile.Write(ref *(uint*)host, (uint)value); break;
            default: Volatile.Write(ref *(ulong*)host, value); break;
        }
    }

    private static ulong LoadUnaligned(byte* host, OpSize size) => size switch
    {
        OpSize.B16 => Unsafe.ReadUnaligned<ushort>(host),
        OpSize.B32 => Unsafe.ReadUnaligned<uint>(host),
        _ => Unsafe.ReadUnaligned<ulong>(host),
    };

    private static void StoreUnaligned(byte* host, OpSize size, ulong value)
    {
        switch (size)
        {
            case OpSize.B16: Unsafe.WriteUnaligned(host, (ushort)value); break;
            case OpSize.B32: Unsafe.WriteUnaligned(host, (uint)value); break;
            default: Unsafe.WriteUnaligned(host, value); break;
        }
    }
}
