using Tcg.Mttcg.Translator.Diagnostics;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Tunables of translation and dispatch.</summary>
/// <param name="MaxInstructions">Guest instructions a TB takes at most, 1 to 511.</param>
/// <param name="OneInstructionPerTb">For debugging: every instruction passes through the dispatcher.</param>
/// <param name="StaleRetries">Translations of one PC that other vCPUs' stores may spoil before an uncached one-instruction TB is run.</param>
public sealed record ExecutorOptions(int MaxInstructions = 64, bool OneInstructionPerTb = false, int StaleRetries = 3)
{
    /// <summary>Conditional jumps that a TB may go on behind, 0 to 2: fewer, longer TBs.</summary>
    public int SideExits { get; init; } = Guest.Lifting.MostSideExits;

    /// <summary>Blocks jump to each other; false: each goes back to the dispatcher (QEMU's nochain).</summary>
    public bool Chain { get; init; } = true;

    /// <summary>Changes in a row that code which checks its own bytes may find before it is run uncached.</summary>
    public int RestlessAfter { get; init; } = 16;

    /// <summary>Changes further apart are not in a row: a translation pays in that time.</summary>
    public TimeSpan RestlessWithin { get; init; } = TimeSpan.FromMicroseconds(50);

    /// <summary>Uncached runs with the same bytes after which such code is translated again.</summary>
    public int CalmAfter { get; init; } = 4;

    /// <summary>Null: nothing is logged.</summary>
    public ExecutionLog? Log { get; init; }
}

/// <summary>Why <see cref="CpuExecutor.Run"/> came back.</summary>
public enum SliceEnd : byte
{
    /// <summary>The exit-request word was set; it is cleared. Drain what was posted, then run again.</summary>
    Kicked,
    /// <summary>HLT, or waiting for a start-up IPI: nothing to do until kicked.</summary>
    Halted,
    /// <summary>The guest executed PAUSE.</summary>
    Paused,
    /// <summary>MWAIT: it may rest, but must come back before long, for nobody tells of a store to the line that it waits for.</summary>
    Waiting,
    /// <summary>The instruction at RIP must run while all other vCPUs stand still: <see cref="CpuExecutor.RunExclusive"/>.</summary>
    Exclusive,
    /// <summary>Triple fault.</summary>
    Shutdown,
    /// <summary>The guest asked the machine to stop or reset.</summary>
    Left,
    /// <summary>An emulator bug, in <see cref="Cpu.Failure"/>.</summary>
    Failure,
    /// <summary>The debugger must be told: <see cref="Cpu.TakeStop"/>.</summary>
    Stopped,
}

/// <summary>What one vCPU's dispatcher did. Plain fields: one writer, readers accept a torn view across fields.</summary>
public sealed class ExecutorCounters
{
    public long Translations;
    public long GuestBytesTranslated;
    public long HostBytesEmitted;
    public long TranslatedInstructions;
    public long Dispatches;
    public long DispatchJumpCacheHits;
    public long HashHits;
    public long Chained;
    public long StaleLinks;
    public long ExistingLinks;
    public long UncachedRuns;
    public long SelfModifications;

    /// <summary>Times that a block found bytes changed which it checks itself.</summary>
    public long ChangedBlocks;

    /// <summary>Of those: the times that its first instruction was run uncached instead of being translated again.</summary>
    public long RestlessRuns;

    /// <summary>Instructions that translated code left to the interpreter.</summary>
    public long Interpreted;
    public long Interrupts;
    public long Exceptions;
    public long Halts;
}
