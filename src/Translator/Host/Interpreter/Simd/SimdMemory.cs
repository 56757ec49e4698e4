using System.Runtime.CompilerServices;
using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>Memory operands of 1 to 16 bytes. Those of 16 are not one access of the host, as SSE promises none, but keep TSO's order.</summary>
internal static unsafe class SimdMemory
{
    /// <summary>False: it faulted, or wants the block left.</summary>
    public static bool Load(Frame frame, ulong linear, int bytes, byte* to)
    {
        if (bytes <= 8)
        {
            *(ulong*)to = GuestMemory.Load(frame, linear, SizeOf(bytes));
            return !frame.Left;
        }
        var host = GuestMemory.Find(frame, linear, bytes, TlbEntry.ReadTagOffset);
        if (host == null)
        {
            frame.Call(HelperId.LoadWide, linear, 0, GuestMemory.Access(frame, bytes).Raw);
            if (frame.Left) return false;
            host = frame.State->Bounce;
        }
        for (var offset = 0; offset < bytes; offset += 8) *(ulong*)(to + offset) = GuestMemory.LoadHost(host + offset, OpSize.B64);
        return true;
    }

    public static void Store(Frame frame, ulong linear, int bytes, byte* from)
    {
        if (bytes <= 8)
        {
            GuestMemory.Store(frame, linear, SizeOf(bytes), *(ulong*)from);
            return;
        }
        var host = GuestMemory.Find(frame, linear, bytes, TlbEntry.WriteTagOffset);
        if (host == null)
        {
            Unsafe.CopyBlockUnaligned(frame.State->Bounce, from, (uint)bytes);
            frame.Call(HelperId.StoreWide, linear, 0, GuestMemory.Access(frame, bytes).Raw);
            return;
        }
        for (var offset = 0; offset < bytes; offset += 8) GuestMemory.StoreHost(host + offset, OpSize.B64, *(ulong*)(from + offset));
    }

    private static OpSize SizeOf(int bytes) => (OpSize)System.Numerics.BitOperations.Log2((uint)bytes);
}
