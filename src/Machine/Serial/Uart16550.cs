using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory.Contracts;
using static Tcg.Mttcg.Machine.Serial.UartBits;

namespace Tcg.Mttcg.Machine.Serial;

/// <summary>
/// The 16550A UART at eight ports. Bytes leave at once whatever the divisor says; only the transmitter-empty *interrupt* after a write is delayed a
/// little, since a driver that fills the FIFO from its interrupt handler would otherwise never leave the handler.
/// </summary>
public sealed class Uart16550 : IPortDevice, IResettable
{
    private const int FifoSize = 16;
    /// <summary>The host lags by this many bytes: report "transmitter busy" until it catches up.</summary>
    internal const int BusyBacklog = 64 * 1024;
    /// <summary>A guest that ignores "busy" may still queue this much before its bytes are dropped.</summary>
    internal const int DropBacklog = 16 * 1024 * 1024;
    private const long TransmitNanoseconds = 10_000, BusyNanoseconds = 1_000_000;

    /// <summary>After a driver cleared the FIFOs it reads what may be left and throws it away: until then nothing arrives.</summary>
    internal const long SettleNanoseconds = 100_000_000;

    private readonly SerialLink _link;
    private readonly IInterruptLine _line;
    private readonly IClock _clock;
    private readonly IClockTimer _transmitted, _settled;
    private readonly ByteFifo _receiver = new(FifoSize), _returned = new(FifoSize);
    private readonly Action? _room;
    private readonly Action<byte>? _sent;

    private byte _ier, _lcr, _mcr, _scratch, _msr, _lineErrors;
    private ushort _divisor;
    private bool _fifosEnabled, _transmitterInterrupt, _transmitting;
    private int _trigger = 1;

    // Input waits in the cable until then; for ever, until a driver first looks at the line status.
    private long _quietUntil;

    /// <param name="room">Called when the guest made room for input that waits in the link.</param>
    /// <param name="sent">Called with each byte that the guest sends.</param>
    public Uart16550(SerialLink link, IInterruptLine line, IClock clock, Action? room = null, Action<byte>? sent = null)
    {
        (_link, _line, _clock, _room, _sent) = (link, line, clock, room, sent);
        _transmitted = clock.CreateTimer(OnTransmitted);
        _settled = clock.CreateTimer(Receive);
        Reset();
    }

    public void Reset()
    {
        _ier = _lcr = _scratch = _lineErrors = 0;
        // A BIOS leaves the interrupt buffer open.
        _mcr = McrOut2;
        _divisor = 12;
        _fifosEnabled = _transmitting = _transmitterInterrupt = false;
        _trigger = 1;
        TakeBack();
        _transmitted.Cancel();
        _settled.Cancel();
        _quietUntil = long.MaxValue;
        _msr = ModemInputs();
        Update();
    }

    /// <summary>Input is waiting in the link. Takes what fits.</summary>
    public void Receive()
    {
        if ((_mcr & McrLoopback) != 0 || _clock.Nanoseconds < _quietUntil) return;
        int capacity = _fifosEnabled ? FifoSize : 1;
        while (_receiver.Count < capacity && _returned.Count > 0) _receiver.Push(_returned.Pop());
        while (_receiver.Count < capacity && _link.GuestInput.TryRead(out byte value)) _receiver.Push(value);
        Update();
    }

    /// <summary>What the guest did not read arrives once more, before what is new.</summary>
    private void TakeBack()
    {
        if ((_mcr & McrLoopback) != 0) _receiver.Clear();
        // What was taken back before and has not arrived again came later.
        while (_returned.Count > 0 && _receiver.Count < FifoSize) _receiver.Push(_returned.Pop());
        while (_receiver.Count > 0 && _returned.Count < FifoSize) _returned.Push(_receiver.Pop());
        _receiver.Clear();
    }

    private bool HasDivisorAccess => (_lcr & LcrDivisorLatch) != 0;

    public uint Read(ushort offset, int size) => offset switch
    {
        0 => HasDivisorAccess ? (byte)_divisor : ReadReceiver(),
        1 => HasDivisorAccess ? (byte)(_divisor >> 8) : _ier,
        2 => ReadInterruptId(),
        3 => _lcr,
        4 => _mcr,
        5 => ReadLineStatus(),
        6 => ReadModemStatus(),
        7 => _scratch,
        _ => 0xff,
    };

    public void Write(ushort offset, int size, uint value)
    {
        byte data = (byte)value;
        switch (offset)
        {
            case 0 when HasDivisorAccess: _divisor = (ushort)(_divisor & 0xff00 | data); break;
            case 0: WriteTransmitter(data); break;
            case 1 when HasDivisorAccess: _divisor = (ushort)(_divisor & 0x00ff | data << 8); break;
            case 1: WriteInterruptEnable(data); break;
            case 2: WriteFifoControl(data); break;
            case 3: _lcr = data; break;
            case 4: WriteModemControl(data); break;
            case 7: _scratch = data; break;
        }
    }

    private byte ReadReceiver()
    {
        if (_receiver.Count == 0) return 0;
        byte value = _receiver.Pop();
        if ((_mcr & McrLoopback) == 0)
        {
            Receive();
            _room?.Invoke();
        }
        Update();
        return value;
    }

    private void WriteTransmitter(byte value)
    {
        if ((_mcr & McrLoopback) != 0) LoopBack(value);
        else Send(value);
        _transmitterInterrupt = false;
        if (!_transmitting)
        {
            _transmitting = true;
            _transmitted.Arm(_clock.Nanoseconds + TransmitNanoseconds);
        }
        Update();
    }

    private void Send(byte value)
    {
        if (_link.Backlog < DropBacklog) _link.Send(value);
        _sent?.Invoke(value);
    }

    private void LoopBack(byte value)
    {
        if (_receiver.Count < (_fifosEnabled ? FifoSize : 1)) _receiver.Push(value);
        else _lineErrors |= LsrOverrun;
    }

    private void OnTransmitted()
    {
        if (IsBusy)
        {
            _transmitted.Arm(_clock.Nanoseconds + BusyNanoseconds);
            return;
        }
        _transmitting = false;
        _transmitterInterrupt = true;
        Update();
    }

    private bool IsBusy => _link.Backlog >= BusyBacklog;

    private void WriteInterruptEnable(byte value)
    {
        byte turnedOn = (byte)(value & ~_ier);
        _ier = (byte)(value & 0x0f);
        // Enabling the interrupt while the holding register is empty raises it at once; drivers start their transmission with it.
        if ((turnedOn & IerTransmitterEmpty) != 0 && !IsBusy) _transmitterInterrupt = true;
        if ((turnedOn & IerReceived) != 0) Look();
        Update();
    }

    private byte ReadInterruptId()
    {
        byte id = PendingInterrupt();
        if (id == IirTransmitterEmpty)
        {
            _transmitterInterrupt = false;
            Update();
        }
        return (byte)(id | (_fifosEnabled ? IirFifosEnabled : 0));
    }

    private void WriteFifoControl(byte value)
    {
        bool enable = (value & FcrEnable) != 0;
        if (enable != _fifosEnabled || (value & FcrClearReceiver) != 0) Settle();
        _fifosEnabled = enable;
        _trigger = !enable ? 1 : (value >> 6) switch { 0 => 1, 1 => 4, 2 => 8, _ => 14 };
        Receive();
        Update();
    }

    private void Settle()
    {
        TakeBack();
        _quietUntil = _clock.Nanoseconds + SettleNanoseconds;
        _settled.Arm(_quietUntil);
    }

    // Somebody is there to receive.
    private void Look()
    {
        if (_quietUntil != long.MaxValue) return;
        _quietUntil = 0;
        Receive();
    }

    private byte ReadLineStatus()
    {
        Look();
        byte status = _lineErrors;
        if (_receiver.Count > 0) status |= LsrDataReady;
        if (!IsBusy) status |= LsrTransmitterHoldingEmpty | LsrTransmitterEmpty;
        _lineErrors = 0;
        Update();
        return status;
    }

    private byte ReadModemStatus()
    {
        byte status = _msr;
        _msr &= unchecked((byte)~MsrDeltaMask);
        Update();
        return status;
    }

    private void WriteModemControl(byte value)
    {
        bool leftLoopback = (_mcr & ~value & McrLoopback) != 0;
        _mcr = (byte)(value & McrMask);
        byte now = ModemInputs();
        byte changed = (byte)((now ^ _msr) & 0xf0);
        byte delta = (byte)(changed >> 4 & ~MsrTrailingRing);
        if ((_msr & ~now & MsrRing) != 0) delta |= MsrTrailingRing;
        _msr = (byte)(now | _msr & MsrDeltaMask | delta);
        if (leftLoopback) Receive();
        Update();
    }

    /// <summary>A terminal that is always there, or the modem outputs folded back (RTS to CTS, DTR to DSR, OUT1 to RI, OUT2 to DCD).</summary>
    private byte ModemInputs()
    {
        if ((_mcr & McrLoopback) == 0) return MsrCts | MsrDsr | MsrCarrier;
        byte inputs = 0;
        if ((_mcr & McrRts) != 0) inputs |= MsrCts;
        if ((_mcr & McrDtr) != 0) inputs |= MsrDsr;
        if ((_mcr & McrOut1) != 0) inputs |= MsrRing;
        if ((_mcr & McrOut2) != 0) inputs |= MsrCarrier;
        return inputs;
    }

    private byte PendingInterrupt()
    {
        if ((_ier & IerLineStatus) != 0 && _lineErrors != 0) return IirLineStatus;
        if ((_ier & IerReceived) != 0 && _receiver.Count >= _trigger) return IirReceived;
        // Fewer bytes than the trigger level wait: the character time-out has long passed, lines here being infinitely fast.
        if ((_ier & IerReceived) != 0 && _receiver.Count > 0) return IirTimeout;
        if ((_ier & IerTransmitterEmpty) != 0 && _transmitterInterrupt) return IirTransmitterEmpty;
        if ((_ier & IerModemStatus) != 0 && (_msr & MsrDeltaMask) != 0) return IirModemStatus;
        return IirNone;
    }

    /// <summary>On a PC the interrupt reaches the bus only through the buffer that OUT2 opens; loopback closes it.</summary>
    private void Update() => _line.Set(PendingInterrupt() != IirNone && (_mcr & (McrOut2 | McrLoopback)) == McrOut2);
}
