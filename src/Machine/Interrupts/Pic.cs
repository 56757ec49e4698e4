using System.Numerics;

namespace Tcg.Mttcg.Machine.Interrupts;

/// <summary>
/// One 8259A interrupt controller (Intel 8259A data sheet). A request that was latched on an edge stays latched when its line falls, so a short
/// pulse is never lost; a level request follows its line.
/// </summary>
internal sealed class Pic(bool isMaster, byte levelMask)
{
    private const byte CascadeBit = 1 << 2;

    private byte _lines, _irr, _imr, _isr, _elcr, _vectorBase;
    private byte _lowestPriority = 7;
    private int _initStep;
    private bool _needsIcw4, _levelAll, _autoEoi, _rotateOnAutoEoi, _specialMask, _specialFullyNested, _readIsr, _poll;

    /// <summary>INT pin.</summary>
    public bool Output => Pending() >= 0;

    /// <summary>Edge/level control; a set bit makes the input level triggered. Only the bits a PC allows can be set.</summary>
    public byte EdgeLevelControl
    {
        get => _elcr;
        set => _elcr = (byte)(value & levelMask);
    }

    /// <summary>The wires keep their levels: they belong to the devices.</summary>
    public void Reset()
    {
        _elcr = 0;
        Initialize();
        (_vectorBase, _initStep, _imr) = (0, 0, 0xff);
    }

    public void SetLine(int input, bool level)
    {
        byte bit = (byte)(1 << input);
        if (level && ((_lines & bit) == 0 || IsLevel(bit))) _irr |= bit;
        if (!level && IsLevel(bit)) _irr &= (byte)~bit;
        _lines = (byte)(level ? _lines | bit : _lines & ~bit);
    }

    /// <summary>The interrupt-acknowledge cycle. Returns the input, or -1 when the request vanished (the chip then answers with input 7).</summary>
    public int Acknowledge()
    {
        int input = Pending();
        if (input < 0) return -1;
        byte bit = (byte)(1 << input);
        if (!IsLevel(bit)) _irr &= (byte)~bit;
        if (!_autoEoi) _isr |= bit;
        else if (_rotateOnAutoEoi) _lowestPriority = (byte)input;
        return input;
    }

    public byte VectorOf(int input) => (byte)(_vectorBase | (input < 0 ? 7 : input));

    public byte Read(int register)
    {
        if (_poll)
        {
            _poll = false;
            int input = Acknowledge();
            return (byte)(input < 0 ? 0 : 0x80 | input);
        }
        return register == 1 ? _imr : _readIsr ? _isr : _irr;
    }

    public void Write(int register, byte value)
    {
        if (register == 0)
        {
            if ((value & 0x10) != 0) WriteIcw1(value);
            else if ((value & 0x08) != 0) WriteOcw3(value);
            else WriteOcw2(value);
            return;
        }
        switch (_initStep)
        {
            case 0: _imr = value; break;
            case 1:
                _vectorBase = (byte)(value & 0xf8);
                // ICW1 bit 1 would skip ICW3, but a PC is always cascaded.
                _initStep = 2;
                break;
            case 2: _initStep = _needsIcw4 ? 3 : 0; break;
            default:
                _specialFullyNested = (value & 0x10) != 0;
                _autoEoi = (value & 0x02) != 0;
                _initStep = 0;
                break;
        }
    }

    /// <summary>The cascade input follows the slave's INT, which falls and rises again within one acknowledge cycle.</summary>
    private bool IsLevel(byte bit) => _levelAll || (_elcr & bit) != 0 || (isMaster && bit == CascadeBit);

    private void Initialize()
    {
        _imr = _isr = 0;
        _lowestPriority = 7;
        _autoEoi = _rotateOnAutoEoi = _specialMask = _specialFullyNested = _readIsr = _poll = _levelAll = false;
        _irr = (byte)(_lines & _elcr);
    }

    private void WriteIcw1(byte value)
    {
        Initialize();
        _needsIcw4 = (value & 0x01) != 0;
        _levelAll = (value & 0x08) != 0;
        if (_levelAll) _irr = _lines;
        _initStep = 1;
    }

    private void WriteOcw2(byte value)
    {
        int input = value & 7;
        switch (value >> 5)
        {
            case 0: _rotateOnAutoEoi = false; break;
            case 1: EndHighest(); break;
            case 3: _isr &= (byte)~(1 << input); break;
            case 4: _rotateOnAutoEoi = true; break;
            case 5: if (EndHighest() is >= 0 and var ended) _lowestPriority = (byte)ended; break;
            case 6: _lowestPriority = (byte)input; break;
            case 7:
                _isr &= (byte)~(1 << input);
                _lowestPriority = (byte)input;
                break;
        }
    }

    private void WriteOcw3(byte value)
    {
        if ((value & 0x04) != 0) _poll = true;
        if ((value & 0x02) != 0) _readIsr = (value & 0x01) != 0;
        if ((value & 0x40) != 0) _specialMask = (value & 0x20) != 0;
    }

    private int EndHighest()
    {
        // In special mask mode a masked level is out of the nesting and keeps its in-service bit (data sheet, "Special Mask Mode").
        int highest = Highest(_specialMask ? (byte)(_isr & ~_imr) : _isr);
        if (highest >= 0) _isr &= (byte)~(1 << highest);
        return highest;
    }

    /// <summary>The input to serve now, or -1.</summary>
    private int Pending()
    {
        int request = Highest((byte)(_irr & ~_imr));
        if (request < 0) return -1;
        byte serving = _isr;
        if (_specialMask) serving &= (byte)~_imr;
        if (_specialFullyNested && isMaster) serving &= unchecked((byte)~CascadeBit);
        int current = Highest(serving);
        return current < 0 || Rank(request) < Rank(current) ? request : -1;
    }

    private int Highest(byte inputs)
    {
        if (inputs == 0) return -1;
        int first = _lowestPriority + 1 & 7;
        byte rotated = (byte)(inputs >> first | inputs << (8 - first));
        return BitOperations.TrailingZeroCount((uint)rotated) + first & 7;
    }

    /// <summary>0 is the highest priority.</summary>
    private int Rank(int input) => input - _lowestPriority - 1 & 7;
}
