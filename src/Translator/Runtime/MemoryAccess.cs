using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>What the slow paths must know of an access, in one word (argument C of the memory helpers; QEMU's MemOpIdx).</summary>
/// <remarks>Bits: 7:0 bytes, 9:8 privilege view, 15:12 <see cref="RmwKind"/>, 16 LOCK, 17 carry-in of ADC/SBB, 18 16-byte alignment required.</remarks>
public readonly record struct MemoryAccess(ulong Raw)
{
    public MemoryAccess(int bytes, MmuIndex view, RmwKind rmw = RmwKind.Add, bool locked = false, bool carry = false, bool aligned16 = false)
        : this((ulong)(byte)bytes | ((ulong)view << 8) | ((ulong)rmw << 12) | (locked ? LockBit : 0) | (carry ? CarryBit : 0) | (aligned16 ? AlignedBit : 0))
    {
    }

    public const ulong LockBit = 1 << 16, CarryBit = 1 << 17, AlignedBit = 1 << 18;

    public int Bytes => (int)(Raw & 0xff);
    public MmuIndex View => (MmuIndex)((Raw >> 8) & 3);
    public RmwKind Rmw => (RmwKind)((Raw >> 12) & 15);
    public bool Locked => (Raw & LockBit) != 0;
    public bool Carry => (Raw & CarryBit) != 0;
    public bool Aligned16 => (Raw & AlignedBit) != 0;
}
