namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Where an event on its way through the IVT or IDT comes from; decides DPL checks, EXT, the saved RIP and RF.</summary>
public enum InterruptSource : byte
{
    /// <summary>A fault: the saved RIP is the instruction's own and RF is set in the saved EFLAGS.</summary>
    Fault,
    /// <summary>A trap (single step): the saved RIP is the next instruction's.</summary>
    Trap,
    /// <summary>INT n.</summary>
    Software,
    /// <summary>INT3 and INTO.</summary>
    SoftwareException,
    /// <summary>INT1 (ICEBP): no DPL check.</summary>
    PrivilegedSoftware,
    /// <summary>A maskable interrupt of the local APIC or the PIC.</summary>
    External,
    Nmi,
}

/// <summary>One exception or interrupt to deliver.</summary>
/// <param name="Length">Length of the instruction, for software interrupts: the saved RIP lies behind it.</param>
public readonly record struct PendingEvent(byte Vector, InterruptSource Source, bool HasErrorCode, uint ErrorCode, byte Length)
{
    /// <summary>INT n, INT3 or INTO: the gate's DPL is checked, and EXT stays clear for what goes wrong on the way.</summary>
    public bool ChecksGate => Source is InterruptSource.Software or InterruptSource.SoftwareException;

    public bool IsException => Source is InterruptSource.Fault or InterruptSource.Trap;
}

/// <summary>What a second exception during the delivery of a first one becomes (SDM 3A table 6-5).</summary>
internal static class DoubleFault
{
    private enum Severity : byte { Benign, Contributory, PageFault, Double }

    public enum Outcome : byte { DeliverSecond, BecomeDouble, Shutdown }

    public static Outcome Combine(in PendingEvent first, in PendingEvent second) => (Of(first), Of(second)) switch
    {
        (_, Severity.Benign) or (Severity.Benign, _) or (Severity.Contributory, Severity.PageFault) => Outcome.DeliverSecond,
        (Severity.Double, _) => Outcome.Shutdown,
        _ => Outcome.BecomeDouble,
    };

    private static Severity Of(in PendingEvent e) => !e.IsException ? Severity.Benign : (int)e.Vector switch
    {
        ExceptionVector.Divide or (>= ExceptionVector.InvalidTss and <= ExceptionVector.GeneralProtection) => Severity.Contributory,
        ExceptionVector.PageFault => Severity.PageFault,
        ExceptionVector.DoubleFault => Severity.Double,
        _ => Severity.Benign,
    };
}
