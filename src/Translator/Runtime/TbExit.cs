namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Why translated code came back to the dispatcher.</summary>
public enum TbExitReason : byte
{
    /// <summary>Fell out of jump slot 0 or 1 of the TB, which is not linked: RIP is the target, and the slot may be linked to it.</summary>
    Jump0 = 0,
    Jump1 = 1,
    /// <summary>RIP is set; find the TB there.</summary>
    Lookup = 2,
    /// <summary>The head saw the exit request (or the TB is dead): RIP is the TB's own start.</summary>
    ExitRequest = 3,
    /// <summary>A guest exception is pending in <see cref="Cpu"/>; state is exact at the faulting instruction once unwound.</summary>
    Exception = 4,
    /// <summary>HLT executed; RIP is past it.</summary>
    Halt = 5,
    /// <summary>A store hit the running TB's own bytes: state unwound to the storing instruction, which runs again as an uncached one-instruction TB.</summary>
    SelfModified = 6,
    /// <summary>PAUSE: RIP is past it; a spinning vCPU may give its core away.</summary>
    Pause = 7,
    /// <summary>Host-side failure recorded in <see cref="Cpu.Failure"/>.</summary>
    Failure = 8,
    /// <summary>The machine must be left (safe work, stop, reset asked by this vCPU): RIP is set, state is exact.</summary>
    Leave = 9,
    /// <summary>The instruction at RIP must run while no other vCPU does (a LOCK operation across pages).</summary>
    Exclusive = 10,
    /// <summary>As Jump0, of slots 2 and 3.</summary>
    Jump2 = 11,
    Jump3 = 12,
    /// <summary>The instruction meets a breakpoint on data or a port: nothing of it is done; it runs again alone.</summary>
    Breakpoint = 13,
    /// <summary>State unwound to an instruction that must run by itself under the interpreter.</summary>
    Interpret = 14,
    /// <summary>MWAIT: RIP is past it; the vCPU may rest until something happens, or for a while.</summary>
    Wait = 15,
    /// <summary>The head compared the TB's changeable bytes with RAM, and they differ: RIP is the TB's own start, and it must be made anew.</summary>
    Changed = 16,
}

/// <summary>What translated code returns in one word: descriptor id in the upper bits, reason in the low five.</summary>
public readonly record struct TbExit(ulong Raw)
{
    public const int ReasonBits = 5;

    public TbExit(int id, TbExitReason reason) : this(((ulong)(uint)id << ReasonBits) | (byte)reason) { }

    /// <summary>The reason that tells of an unlinked jump slot, 0 to 3.</summary>
    public static TbExitReason JumpReason(int slot) => slot < 2 ? (TbExitReason)slot : TbExitReason.Jump2 + (byte)(slot - 2);

    /// <summary>The unlinked jump slot; -1: it was something else.</summary>
    public int JumpSlot => Reason switch
    {
        TbExitReason.Jump0 or TbExitReason.Jump1 => (int)Reason,
        TbExitReason.Jump2 or TbExitReason.Jump3 => Reason - TbExitReason.Jump2 + 2,
        _ => -1,
    };

    public int TbId => (int)(Raw >> ReasonBits);
    public TbExitReason Reason => (TbExitReason)(Raw & ((1 << ReasonBits) - 1));
}
