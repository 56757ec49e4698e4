namespace Tcg.Mttcg.Actors.Life;

/// <summary>Why a machine ended.</summary>
public enum ExitReason : byte
{
    /// <summary>The guest switched itself off.</summary>
    PoweredOff,

    /// <summary>The guest wrote to isa-debug-exit; <see cref="MachineResult.Code"/> is what.</summary>
    DebugExit,

    /// <summary>The guest asked for a reset, and the machine was told not to reboot.</summary>
    Reset,

    /// <summary>A vCPU met a fault while it delivered a double fault (SDM 3A 6.15, #DF).</summary>
    TripleFault,

    /// <summary>Every vCPU halts with interrupts off: nothing can happen any more.</summary>
    Stuck,

    /// <summary>The guest's kernel panicked; <see cref="MachineResult.Diagnosis"/> is its last words.</summary>
    Panicked,

    /// <summary>The embedding program asked.</summary>
    Stopped,

    /// <summary>The emulator failed; <see cref="MachineResult.Diagnosis"/> says where.</summary>
    Failed,
}

/// <summary>How a machine ended.</summary>
/// <param name="Code">With <see cref="ExitReason.DebugExit"/>: the value written.</param>
/// <param name="Diagnosis">For everything but a wanted end: what happened, and the registers of all vCPUs.</param>
/// <param name="Failure">With <see cref="ExitReason.Failed"/>: the cause, if one was caught.</param>
/// <param name="IsClean">False: a vCPU's thread did not end in time, so its memory must not be unmapped.</param>
public sealed record MachineResult(ExitReason Reason, uint Code = 0, string? Diagnosis = null, Exception? Failure = null, bool IsClean = true);
