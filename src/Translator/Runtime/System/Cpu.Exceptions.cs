using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Paging;

namespace Tcg.Mttcg.Translator.Runtime;

public sealed unsafe partial class Cpu
{
    private PendingEvent _pending;
    private bool _hasPending;
    // EXT of error codes raised while another event is being delivered (SDM 3A 6.13).
    private uint _externalBit;

    /// <summary>An exception waits for <see cref="DeliverPending"/>.</summary>
    public bool HasPending => _hasPending;

    /// <summary>The exception that waits, for logs.</summary>
    public PendingEvent Pending => _pending;

    /// <summary>A triple fault happened: nothing runs until reset or INIT.</summary>
    public bool IsShutDown { get; private set; }

    /// <summary>Records a fault of the current instruction and makes translated code leave. The first one wins until it is delivered.</summary>
    public void Raise(int vector) => Record(new PendingEvent((byte)vector, InterruptSource.Fault, false, 0, 0));

    /// <inheritdoc cref="Raise(int)"/>
    public void Raise(int vector, uint errorCode)
    {
        if (vector is >= ExceptionVector.InvalidTss and <= ExceptionVector.GeneralProtection) errorCode |= _externalBit;
        Record(new PendingEvent((byte)vector, InterruptSource.Fault, true, errorCode, 0));
    }

    /// <summary>#PF; CR2 becomes the address.</summary>
    public void RaisePageFault(GuestVirtual address, PageFaultBits errorCode)
    {
        if (_hasPending) return;
        State->Cr2 = address.Value;
        Raise(ExceptionVector.PageFault, (uint)errorCode);
    }

    /// <summary>INT n, INT3, INTO, INT1: delivered like an exception, with the RIP behind the instruction.</summary>
    public void RaiseSoftware(byte vector, InterruptSource source, byte length) => Record(new PendingEvent(vector, source, false, 0, length));

    /// <summary>Raises and returns false: the tail of every failed check.</summary>
    internal bool Fail(int vector, uint errorCode)
    {
        Raise(vector, errorCode);
        return false;
    }

    internal bool Fail(int vector)
    {
        Raise(vector);
        return false;
    }

    private void Record(in PendingEvent e)
    {
        if (_hasPending) return;
        _pending = e;
        _hasPending = true;
        LeaveAfterHelper(TbExitReason.Exception);
    }

    /// <summary>Delivers the pending exception, if any. RIP must be exact. False: triple fault, the processor has shut down.</summary>
    public bool DeliverPending()
    {
        State->HelperExit = 0;
        if (_hasPending) Deliver(TakePending());
        return !IsShutDown;
    }

    /// <summary>
    /// Delivers an interrupt taken from the local interrupt controller, or an NMI. RIP must be exact and no exception pending. A halted
    /// processor wakes. False: triple fault.
    /// </summary>
    public bool DeliverInterrupt(byte vector, InterruptSource source = InterruptSource.External)
    {
        State->Halted = 0;
        State->InterruptShadow = 0;
        if (source == InterruptSource.Nmi) State->NmiBlocked = 1;
        return Deliver(new PendingEvent(vector, source, false, 0, 0));
    }

    /// <summary>Delivers an NMI and blocks further ones until IRET. The caller has seen <see cref="CpuState.NmiBlocked"/> clear.</summary>
    public bool DeliverNmi() => DeliverInterrupt(ExceptionVector.NonMaskable, InterruptSource.Nmi);

    internal PendingEvent TakePending()
    {
        _hasPending = false;
        return _pending;
    }

    private bool Deliver(PendingEvent current)
    {
        while (true)
        {
            _externalBit = current.ChecksGate ? 0u : 1u;
            var delivered = TryDeliver(current);
            _externalBit = 0;
            State->HelperExit = 0;
            if (delivered)
            {
                // A task switch may complete and still fault in the new task: that exception stands on its own.
                if (!_hasPending) return true;
                current = TakePending();
                continue;
            }
            var second = TakePending();
            switch (DoubleFault.Combine(current, second))
            {
                case DoubleFault.Outcome.Shutdown:
                    IsShutDown = true;
                    return false;
                case DoubleFault.Outcome.BecomeDouble:
                    current = new PendingEvent(ExceptionVector.DoubleFault, InterruptSource.Fault, true, 0, 0);
                    break;
                default:
                    current = second;
                    break;
            }
        }
    }

    private bool TryDeliver(in PendingEvent e)
    {
        if (e.Vector == ExceptionVector.Debug && e.IsException) State->Dr[7] &= ~Dr.Dr7GeneralDetect;
        if (!IsProtected) return TryDeliverReal(e);
        if (IsVirtual8086 && e.Source == InterruptSource.Software && Iopl < 3)
        {
            if ((State->Cr4 & Cr4.Vme) == 0) return Fail(ExceptionVector.GeneralProtection, 0);
            if (!TryReadRedirection(e.Vector, out var redirected)) return false;
            if (redirected) return TryDeliverVirtual(e);
            return Fail(ExceptionVector.GeneralProtection, 0);
        }
        if (IsVirtual8086 && e.Source == InterruptSource.Software && (State->Cr4 & Cr4.Vme) != 0)
        {
            if (!TryReadRedirection(e.Vector, out var redirected)) return false;
            if (redirected) return TryDeliverVirtual(e);
        }
        return IsLongMode ? TryDeliverLong(e) : TryDeliverProtected(e);
    }

    private ulong ReturnRip(in PendingEvent e)
    {
        var rip = State->Rip + e.Length;
        return IsLongMode64 ? rip : (uint)rip;
    }

    // Faults report "resume": the handler's IRET must not hit the instruction breakpoint again (SDM 3B 18.3.1.1).
    private uint SavedEflags(in PendingEvent e) => e.Source == InterruptSource.Fault ? Eflags | Eflag.Rf : Eflags & ~Eflag.Rf;
}
