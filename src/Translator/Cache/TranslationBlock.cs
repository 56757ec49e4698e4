using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Cache;

/// <summary>What identifies a TB: same physical start, same linear start, same processor state, same compile flags.</summary>
public readonly record struct TbKey(RamOffset PhysicalPc, TbContext Context);

/// <summary>
/// Descriptor of one translation block. It lives outside the code buffer, so it outlives the recycling of its code's region.
/// Written by the translating vCPU until the memory actor links it; afterwards only <see cref="State"/> and the jump lists change.
/// </summary>
public sealed class TranslationBlock(int id, TbKey key)
{
    private int _dead;

    public int Id { get; } = id;
    public TbKey Key { get; } = key;

    /// <summary>Guest bytes covered, from Key.PhysicalPc on Page0, continuing at the start of Page1.</summary>
    public int GuestBytes { get; set; }
    public int GuestInstructions { get; set; }

    /// <summary>The guest bytes that it was made from; empty: not kept.</summary>
    public byte[] Source { get; set; } = [];

    /// <summary>
    /// Source bytes that change too often for stores to ask about them: compared with RAM each time the block is entered. The owner of coherence guards the
    /// others. In order, none across pages.
    /// </summary>
    public CodeCheck[] Checks { get; set; } = [];

    /// <summary>The breakpoints that it stops short of.</summary>
    public DebugPoints Points { get; set; } = DebugPoints.None;

    public RamPage Page0 => Key.PhysicalPc.Page;
    public RamPage Page1 { get; set; } = RamPage.None;

    /// <summary>The region that holds the host code; null under the interpreter.</summary>
    public CodeRegion? Region { get; set; }

    /// <summary>Host code, as byte offsets in Region: head (16-byte aligned), total length, and the stub that leaves with ExitRequest.</summary>
    public int CodeOffset { get; set; }
    public int CodeBytes { get; set; }
    public int ExitStubOffset { get; set; }

    /// <summary>Offsets in Region of the second head that a block looping on itself may have, and of its stub; 0: none.</summary>
    public int LoopOffset { get; set; }
    public int LoopStubOffset { get; set; }

    /// <summary>Offset in Region of the constants behind the code; 0: none.</summary>
    public int PoolOffset { get; set; }

    /// <summary>Address of the head in the executable view.</summary>
    public nuint Entry { get; set; }

    public const int JumpSlots = 4;

    /// <summary>The ends of the block: 0 and 1 of its last instruction, 2 and 3 of conditional jumps before.</summary>
    public JumpSlot Jump0, Jump1, Jump2, Jump3;

    /// <summary>The direct jumps of other blocks into this one.</summary>
    public IncomingList Incoming;

    /// <summary>How many of them died since the list was last purged. Memory actor only.</summary>
    public int DeadIncoming { get; set; }

    /// <summary>Encoded map from host return addresses to guest instructions: see <see cref="UnwindTable"/>.</summary>
    public byte[] Unwind { get; set; } = [];

    /// <summary>The interpreter back end's "code".</summary>
    public IrBlock? Ir { get; set; }

    public bool IsDead => Volatile.Read(ref _dead) != 0;

    /// <summary>True for the one caller that killed it.</summary>
    public bool TryKill() => Interlocked.Exchange(ref _dead, 1) == 0;

    public ref JumpSlot Jump(int slot)
    {
        switch (slot)
        {
            case 0: return ref Jump0;
            case 1: return ref Jump1;
            case 2: return ref Jump2;
            default: return ref Jump3;
        }
    }
}

/// <summary>A direct jump at a TB's end: <c>jmp rel32</c> whose displacement is patched atomically (4-byte aligned).</summary>
public struct JumpSlot
{
    /// <summary>Offset in the region of the 32-bit displacement; 0: the TB has no such slot.</summary>
    public int DisplacementOffset;

    /// <summary>Offset in the region of the stub that leaves with the slot's reason: the unlinked target.</summary>
    public int StubOffset;

    /// <summary>The block it is chained to; null: its stub.</summary>
    public TranslationBlock? Target;
}
