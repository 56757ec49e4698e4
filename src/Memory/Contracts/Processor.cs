namespace Tcg.Mttcg.Memory.Contracts;

/// <summary>How anyone makes a vCPU look at its pending work. Safe from any thread, never blocks, coalesces.</summary>
public interface IProcessorKick
{
    /// <summary>Sets the vCPU's exit-request word after a full fence and wakes it if it halts.</summary>
    void Kick();
}

/// <summary>Events other than maskable interrupts that a local APIC delivers to its processor (SDM 3A 11.5, 11.6).</summary>
[Flags]
public enum ProcessorEvents : uint
{
    None = 0,
    Nmi = 1,
    Init = 2,
    Sipi = 4,
    Smi = 8,
}

/// <summary>
/// A processor's local interrupt controller as its vCPU sees it. All members may be called by the owning vCPU only, except the lock-free
/// <see cref="HasInterrupt"/> and <see cref="HasEvent"/>. An implementation calls <see cref="IProcessorKick.Kick"/> after either became true.
/// </summary>
public interface ILocalInterrupts
{
    /// <summary>A maskable interrupt is deliverable now: its priority beats TPR/PPR, or the PIC's INTR is wired through. One volatile read.</summary>
    bool HasInterrupt { get; }

    /// <summary>NMI, INIT, SIPI or SMI is latched. One volatile read.</summary>
    bool HasEvent { get; }

    /// <summary>Takes the highest deliverable interrupt (IRR to ISR, or an INTA cycle of the PIC). Returns -1 if it went away.</summary>
    int Acknowledge();

    /// <summary>Takes and clears latched events; <paramref name="sipiVector"/> is valid with <see cref="ProcessorEvents.Sipi"/> (start at vector &lt;&lt; 12).</summary>
    ProcessorEvents TakeEvents(out byte sipiVector);

    /// <summary>The vCPU was reset by INIT or machine reset (INIT keeps the APIC id; SDM 3A 11.4.7).</summary>
    void Reset(bool init);

    /// <summary>CR8: the task-priority class, 0 to 15.</summary>
    byte TaskPriority { get; set; }

    /// <summary>IA32_APIC_BASE, x2APIC registers 0x800..0x8ff and IA32_TSC_DEADLINE. False: the MSR faults with #GP(0).</summary>
    bool TryReadMsr(uint index, out ulong value);

    /// <inheritdoc cref="TryReadMsr"/>
    bool TryWriteMsr(uint index, ulong value);

    /// <summary>The processor's APIC id, for CPUID leaves 1, 0xB and 0x1F.</summary>
    uint ApicId { get; }

    /// <summary>This processor's view of the xAPIC page (default 0xFEE00000). Every vCPU maps its own at the same address.</summary>
    IMmioDevice Registers { get; }

    /// <summary>The guest-physical base of the xAPIC page, or null when disabled or in x2APIC mode.</summary>
    GuestPhysical? RegistersBase { get; }
}

/// <summary>The time-stamp counter: <c>host counter * numerator / denominator + offset</c>, invariant and equal on all vCPUs.</summary>
public interface ITimeStampCounter
{
    /// <summary>Ticks per second, announced in CPUID leaf 0x15/0x16 and used for TSC-deadline timers.</summary>
    ulong Frequency { get; }

    ulong Read();
}
