using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Interrupts;

/// <summary>
/// The I/O APIC with 24 inputs (Intel 82093AA data sheet, with the EOI register of its successors). Lines carry "asserted", not voltage, so the
/// polarity bit is stored and otherwise ignored. An edge that arrives while its entry is masked is delivered when the mask is lifted.
/// </summary>
public sealed class IoApic : IMmioDevice, IResettable
{
    public const int PinCount = 24;

    private const uint Version = 0x20 | PinCount - 1 << 16;
    private const ulong Logical = 1 << 11, DeliveryStatus = 1 << 12, RemoteIrr = 1 << 14, Level = 1 << 15, Masked = 1 << 16;
    private const ulong Writable = 0xff00_0000_0001_afff & ~DeliveryStatus;

    private readonly ApicBus _bus;
    private readonly ulong[] _entries = new ulong[PinCount];
    private uint _lines, _requests;
    private byte _select;
    private uint _id;

    public IoApic(ApicBus bus)
    {
        _bus = bus;
        Reset();
    }

    /// <summary>The wires keep their levels: they belong to the devices.</summary>
    public void Reset()
    {
        Array.Fill(_entries, Masked);
        (_requests, _select, _id) = (0, 0, 0);
    }

    public void SetLine(int pin, bool level)
    {
        uint bit = 1u << pin;
        bool rising = level && (_lines & bit) == 0;
        _lines = level ? _lines | bit : _lines & ~bit;
        if ((_entries[pin] & Level) != 0) _requests = _requests & ~bit | (level ? bit : 0);
        else if (rising) _requests |= bit;
        Service(pin);
    }

    /// <summary>A processor ended a level-triggered interrupt; a line that is still high interrupts again.</summary>
    public void EndOfInterrupt(byte vector)
    {
        for (int pin = 0; pin < PinCount; pin++)
        {
            ulong entry = _entries[pin];
            if ((byte)entry != vector || (entry & (Level | RemoteIrr)) != (Level | RemoteIrr)) continue;
            _entries[pin] &= ~RemoteIrr;
            Service(pin);
        }
    }

    public ulong Read(ulong offset, int size) => offset switch
    {
        0x00 => _select,
        0x10 => ReadSelected(),
        _ => 0,
    };

    public void Write(ulong offset, int size, ulong value)
    {
        switch (offset)
        {
            case 0x00: _select = (byte)value; break;
            case 0x10: WriteSelected((uint)value); break;
            case 0x40: EndOfInterrupt((byte)value); break;
        }
    }

    private uint ReadSelected() => _select switch
    {
        0 or 2 => _id,
        1 => Version,
        >= 0x10 and < 0x10 + 2 * PinCount => (uint)(_entries[_select - 0x10 >> 1] >> (_select & 1) * 32),
        _ => 0,
    };

    private void WriteSelected(uint value)
    {
        if (_select == 0) _id = value & 0x0f000000;
        if (_select is < 0x10 or >= 0x10 + 2 * PinCount) return;
        int pin = _select - 0x10 >> 1, shift = (_select & 1) * 32;
        ulong old = _entries[pin];
        ulong entry = old & ~((ulong)uint.MaxValue << shift) | (ulong)value << shift;
        entry = entry & Writable | old & RemoteIrr;
        // An edge entry has no remote IRR: guests switch to edge and back to clear a stuck one.
        if ((entry & Level) == 0) entry &= ~RemoteIrr;
        _entries[pin] = entry;
        if ((entry & Level) != 0) _requests = _requests & ~(1u << pin) | _lines & 1u << pin;
        else if ((old & Level) != 0) _requests &= ~(1u << pin);
        Service(pin);
    }

    private void Service(int pin)
    {
        ulong entry = _entries[pin];
        uint bit = 1u << pin;
        if ((_requests & bit) == 0 || (entry & Masked) != 0) return;
        bool level = (entry & Level) != 0;
        if (level && (entry & RemoteIrr) != 0) return;
        if (level) _entries[pin] |= RemoteIrr;
        else _requests &= ~bit;

        byte destination = (byte)(entry >> 56);
        bool logical = (entry & Logical) != 0;
        _bus.Deliver(new ApicMessage((DeliveryMode)(entry >> 8 & 7), (byte)entry, destination, logical, level, !logical && destination == 0xff));
    }
}
