namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

internal enum ColdKind : byte
{
    /// <summary>Leaves with ExitRequest; its stub is also where a dead head leads.</summary>
    ExitRequest,
    /// <summary>Leaves with Changed: bytes that the block checks itself are others now.</summary>
    Changed,
    /// <summary>Leaves with Jump0 or Jump1: the unlinked target of a jump slot.</summary>
    JumpStub,
    /// <summary>An end of the block behind a conditional branch, with the flags still where they were.</summary>
    Exit,
    /// <summary>The poll at the head of the loop copy.</summary>
    LoopPoll,
    /// <summary>Back to the block's own head, counted.</summary>
    LoopAgain,
    /// <summary>RIP is in RDX and not in the jump cache.</summary>
    LookupMiss,
    /// <summary>The soft-TLB compare failed: RCX is the entry's byte offset, RDX the address ^ tag.</summary>
    Memory,
    /// <summary>The lookup of an access group failed.</summary>
    Group,
    /// <summary>A SIMD operand is not aligned: #GP(0).</summary>
    Misaligned,
    /// <summary>An unmasked SIMD exception came up: as before the instruction, and to the interpreter with it.</summary>
    SimdException,
    /// <summary>#DE.</summary>
    DivideError,
    /// <summary>A signed division whose dividend is wider than its low half, or whose divisor is 0 or -1.</summary>
    SignedDivide,
}

/// <summary>Code that is emitted behind the block because it runs rarely.</summary>
/// <param name="Jump">Displacement of the jump that leads here; -1: none.</param>
/// <param name="Resume">Where the block goes on.</param>
/// <param name="Index">The IR operation it belongs to.</param>
/// <param name="GuestOffset">The guest instruction, from the block's first byte.</param>
/// <param name="Source">What must be repeated to have the guest flags; none: they are saved.</param>
internal record struct ColdPath(ColdKind Kind, int Jump, int Resume, int Index, int GuestOffset, FlagSource Source)
{
    /// <summary>The guest flags are in EFLAGS.</summary>
    public bool Resident { get; init; }

    /// <summary>The guest flags are in the state.</summary>
    public bool Saved { get; init; }

    /// <summary>Guest instructions that ran when the block is left here.</summary>
    public int Executed { get; init; }

    /// <summary>Where the flags must be when an access group's path comes back.</summary>
    public bool ResumeResident { get; set; }
    public bool ResumeSaved { get; set; }
}
