using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Interrupts;

/// <summary>
/// A processor's local APIC, as xAPIC and x2APIC (SDM 3A chapter 11). The one device that many threads reach at once (its vCPU, other vCPUs' IPIs, the
/// IOAPIC, the clock), so it carries its own gate. Nothing is called out of the APIC inside the gate but the kick, which never blocks.
/// </summary>
public sealed partial class LocalApic : ILocalInterrupts
{
    /// <summary>Input clock of the timer in Hz, what CPUID leaf 0x15 must call the crystal clock.</summary>
    public const uint TimerFrequency = 1_000_000_000;

    private readonly Gate _gate = new();
    private readonly ApicBus _bus;
    private readonly Func<int> _picAcknowledge;
    private readonly ApicTimer _timer;
    private readonly VectorSet _irr = new(), _isr = new(), _tmr = new();
    private readonly bool _isBoot;

    private volatile IProcessorKick? _kick;
    private volatile bool _hasInterrupt, _hasEvent, _lint0, _extIntLatched;
    private ProcessorEvents _events;
    private byte _sipiVector;
    private byte _tpr;

    /// <param name="picAcknowledge">Runs the 8259's acknowledge cycle: the vector, or -1. Only the boot processor is wired to it.</param>
    public LocalApic(uint id, ApicBus bus, IClock clock, ITimeStampCounter tsc, Func<int>? picAcknowledge = null)
    {
        ApicId = id;
        _bus = bus;
        _isBoot = id == 0;
        _picAcknowledge = picAcknowledge ?? (static () => -1);
        _timer = new ApicTimer(_gate.Guard(clock), tsc, () => RaiseLocal(LvtTimer));
        Registers = new XapicPage(this);
        Reset(init: false);
    }

    public uint ApicId { get; }

    public bool HasInterrupt => _hasInterrupt;

    public bool HasEvent => _hasEvent;

    public IMmioDevice Registers { get; }

    /// <summary>Connects the processor that this APIC interrupts.</summary>
    public void Attach(IProcessorKick kick)
    {
        _kick = kick;
        if (_hasInterrupt || _hasEvent) kick.Kick();
    }

    public void Reset(bool init)
    {
        lock (_gate.Monitor)
        {
            // INIT keeps the APIC id and IA32_APIC_BASE, and so the x2APIC mode.
            if (!init)
            {
                _base = DefaultBase | BaseEnabled | (_isBoot ? BaseBoot : 0);
                (_events, _sipiVector, _lint0, _extIntLatched) = (ProcessorEvents.None, 0, false, false);
                _hasEvent = false;
            }
            ClearState();
            if (!init && _isBoot) ApplyVirtualWire();
            Update();
        }
    }

    public int Acknowledge()
    {
        lock (_gate.Monitor)
        {
            int vector = _irr.Highest;
            if (vector >= 0 && vector >> 4 > ProcessorPriority >> 4)
            {
                _irr[vector] = false;
                _isr[vector] = true;
                Update();
                return vector;
            }
            if (!ExtIntPending)
            {
                Update();
                return -1;
            }
            _extIntLatched = false;
        }
        // Outside the gate: the acknowledge cycle takes the 8259's gate and comes back through the LINT0 line.
        int external = _picAcknowledge();
        lock (_gate.Monitor) Update();
        return external;
    }

    public ProcessorEvents TakeEvents(out byte sipiVector)
    {
        lock (_gate.Monitor)
        {
            var events = _events;
            sipiVector = _sipiVector;
            _events = ProcessorEvents.None;
            _hasEvent = false;
            return events;
        }
    }

    public byte TaskPriority
    {
        get => (byte)(Volatile.Read(ref _tpr) >> 4);
        set
        {
            lock (_gate.Monitor)
            {
                Volatile.Write(ref _tpr, (byte)(value << 4));
                Update();
            }
        }
    }

    /// <summary>The 8259's INTR output.</summary>
    public void SetLint0(bool level)
    {
        lock (_gate.Monitor)
        {
            bool rising = level && !_lint0;
            _lint0 = level;
            if (rising && LvtMode(LvtLint0) != DeliveryMode.ExtInt) RaiseLocal(LvtLint0);
            else Update();
        }
    }

    /// <summary>The board's NMI source.</summary>
    public void RaiseLint1()
    {
        lock (_gate.Monitor) RaiseLocal(LvtLint1);
    }

    /// <summary>IRR, in-service and task priority decide in lowest-priority arbitration.</summary>
    internal int ArbitrationPriority => Volatile.Read(ref _tpr);

    internal bool AcceptsInterrupts => IsHardwareEnabled && IsSoftwareEnabled;

    internal bool Matches(in ApicMessage message)
    {
        if (!message.IsLogical) return message.IsBroadcast || message.Destination == ApicId;
        uint destination = message.Destination;
        if (IsX2Apic) return destination == uint.MaxValue || (destination >> 16 == ApicId >> 4 && (destination & 1u << (int)(ApicId & 15)) != 0);
        uint mine = _ldr >> 24;
        if (_dfr >> 28 == 0xf) return (destination & mine & 0xff) != 0;
        return (destination >> 4 == 0xf || destination >> 4 == mine >> 4) && (destination & mine & 0xf) != 0;
    }

    /// <summary>A message for this APIC arrived. Safe from any thread.</summary>
    internal void Accept(in ApicMessage message)
    {
        lock (_gate.Monitor)
        {
            if (IsHardwareEnabled) Apply(message.Mode, message.Vector, message.IsLevel);
        }
    }

    private void Apply(DeliveryMode mode, byte vector, bool level)
    {
        switch (mode)
        {
            case DeliveryMode.Fixed or DeliveryMode.LowestPriority: Request(vector, level); break;
            case DeliveryMode.Smi: Latch(ProcessorEvents.Smi); break;
            case DeliveryMode.Nmi: Latch(ProcessorEvents.Nmi); break;
            case DeliveryMode.Init:
                // What was pending before an INIT is gone; a start-up IPI counts only after it.
                _events &= ~(ProcessorEvents.Sipi | ProcessorEvents.Nmi | ProcessorEvents.Smi);
                Latch(ProcessorEvents.Init);
                break;
            case DeliveryMode.StartUp:
                _sipiVector = vector;
                Latch(ProcessorEvents.Sipi);
                break;
            case DeliveryMode.ExtInt:
                _extIntLatched = true;
                Update();
                break;
        }
    }

    private void Request(byte vector, bool level)
    {
        if (!IsSoftwareEnabled) return;
        if (vector < 16)
        {
            RaiseError(ErrorReceivedIllegalVector);
            return;
        }
        _irr[vector] = true;
        _tmr[vector] = level;
        Update();
    }

    private void Latch(ProcessorEvents events)
    {
        _events |= events;
        _hasEvent = true;
        _kick?.Kick();
    }

    private byte ProcessorPriority
    {
        get
        {
            int serving = Math.Max(0, _isr.Highest);
            return (byte)(_tpr >> 4 >= serving >> 4 ? _tpr : serving & 0xf0);
        }
    }

    private bool ExtIntPending => _extIntLatched || (_lint0 && AcceptsPic);

    /// <summary>With the APIC off, INTR reaches the processor directly; else LINT0 must be programmed as an unmasked ExtINT.</summary>
    private bool AcceptsPic => !IsHardwareEnabled || (LvtMode(LvtLint0) == DeliveryMode.ExtInt && !IsMasked(LvtLint0));

    /// <summary>Publishes whether something is deliverable and kicks the processor when that became true. Inside the gate.</summary>
    private void Update()
    {
        int vector = _irr.Highest;
        bool pending = (IsHardwareEnabled && vector >= 0 && vector >> 4 > ProcessorPriority >> 4) || ExtIntPending;
        bool raise = pending && !_hasInterrupt;
        _hasInterrupt = pending;
        if (raise) _kick?.Kick();
    }

    private void EndOfInterrupt()
    {
        int vector;
        bool broadcast;
        lock (_gate.Monitor)
        {
            vector = _isr.Highest;
            if (vector < 0) return;
            _isr[vector] = false;
            broadcast = _tmr[vector] && (_svr & SpuriousSuppressEoiBroadcast) == 0;
            Update();
        }
        if (broadcast) _bus.BroadcastEndOfInterrupt((byte)vector);
    }
}
