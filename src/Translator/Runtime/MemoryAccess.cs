using System.Numerics;
using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>What the slow paths must know of an access, in one word (argument C of the memory helpers; QEMU's MemOpIdx).</summary>
/// <remarks>Bits: 7:0 bytes, 9:8 privilege view, 15:12 <see cref="RmwKind"/>, 16 LOCK, 17 carry-in of ADC/SBB, 20:18 binary logarithm of the alignment required.</remarks>
public readonly record struct MemoryAccess(ulong Raw)
{
    public MemoryAccess(int bytes, MmuIndex view, RmwKind rmw = RmwKind.Add, bool locked = false, bool carry = false, int alignment = 0)
        : this((ulong)(byte)bytes | ((ulong)view << 8) | ((ulong)rmw << 12) | (locked ? LockBit : 0) | (carry ? CarryBit : 0) | ((ulong)BitOperations.Log2((uint)alignment) << AlignmentShift))
    {
    }

    public const ulong LockBit = 1 << 16, CarryBit = 1 << 17;

    private const int AlignmentShift = 18;

    public int Bytes => (int)(Raw & 0xff);
    public MmuIndex View => (MmuIndex)((Raw >> 8) & 3);
    public RmwKind Rmw => (RmwKind)((Raw >> 12) & 15);
    public bool Locked => (Raw & LockBit) != 0;
    public bool Carry => (Raw & CarryBit) != 0;

    /// <summary>In bytes; 1: none.</summary>
    public int Alignment => 1 << (int)(Raw >> AlignmentShift & 7);
}
