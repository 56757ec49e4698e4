namespace Tcg.Mttcg.Guests.SelfCheck.Kit;

/// <summary>Descriptors as 8-byte words (SDM 3A 3.4.5, 5.8.3, 6.11, 7.2.2).</summary>
internal static class Descriptors
{
    public const ushort Code0 = 0x9b, Data0 = 0x93, Code3 = 0xfb, Data3 = 0xf3;

    /// <param name="limit">In bytes; beyond 1 MiB rounded to pages.</param>
    /// <param name="flags">1 AVL, 2 L, 4 D/B; granularity follows from the limit.</param>
    public static ulong Segment(uint address, uint limit, int access, int flags)
    {
        if (limit > 0xfffff)
        {
            limit >>= 12;
            flags |= 8;
        }
        return (limit & 0xffff) | (ulong)(address & 0xffffff) << 16 | (ulong)access << 40 | (ulong)(limit >> 16 & 15) << 48 | (ulong)flags << 52
            | (ulong)(address >> 24) << 56;
    }

    public static ulong Flat(int access, int flags) => Segment(0, uint.MaxValue, access, flags);

    /// <param name="count">IST of a 64-bit interrupt gate, parameters of a call gate.</param>
    public static ulong Gate(ushort selector, uint offset, int type, int dpl = 0, int count = 0, bool present = true) =>
        (offset & 0xffff) | (ulong)selector << 16 | (ulong)count << 32 | (ulong)(type | dpl << 5 | (present ? 0x80 : 0)) << 40 | (ulong)(offset >> 16) << 48;
}

/// <summary>System descriptor types (SDM 3A table 3-2).</summary>
internal static class GateType
{
    public const int Tss16 = 1, Ldt = 2, CallGate16 = 4, TaskGate = 5, Interrupt16 = 6, Trap16 = 7, Tss = 9, CallGate = 12, Interrupt = 14, Trap = 15;
}
