using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Chipset;

/// <summary>
/// The i8042 at ports 0x60 and 0x64 with nothing plugged in: self tests pass, the output port switches A20 and pulses the reset line; a keyboard
/// never answers.
/// </summary>
public sealed class KeyboardController(IMachineControl control) : IResettable
{
    private const byte OutputFull = 0x01, SystemFlag = 0x04, LastWasCommand = 0x08, NotLocked = 0x10, A20 = 0x02, NoReset = 0x01;

    private readonly Queue<byte> _output = new();
    private readonly byte[] _ram = new byte[32];
    private byte _last, _pending;
    private bool _lastWasCommand;

    /// <summary>The output port; bit 1 is A20, which this machine never masks.</summary>
    public byte OutputPort { get; private set; } = 0xcf;

    /// <summary>Port 0x60.</summary>
    public IPortDevice Data => new DataPort(this);

    /// <summary>Port 0x64.</summary>
    public IPortDevice Command => new CommandPort(this);

    public void Reset()
    {
        _output.Clear();
        Array.Clear(_ram);
        (_last, _pending, _lastWasCommand, OutputPort) = (0, 0, false, 0xcf);
    }

    private byte ReadData() => _output.Count > 0 ? _last = _output.Dequeue() : _last;

    private byte ReadStatus() =>
        (byte)(SystemFlag | NotLocked | (_output.Count > 0 ? OutputFull : 0) | (_lastWasCommand ? LastWasCommand : 0));

    private void WriteData(byte value)
    {
        _lastWasCommand = false;
        byte command = _pending;
        _pending = 0;
        switch (command)
        {
            case >= 0x60 and <= 0x7f: _ram[command & 31] = value; break;
            case 0xd1: WriteOutputPort(value); break;
            case 0xd2 or 0xd3: Reply(value); break;
        }
    }

    private void WriteCommand(byte command)
    {
        _lastWasCommand = true;
        _pending = 0;
        switch (command)
        {
            case <= 0x3f and >= 0x20: Reply(_ram[command & 31]); break;
            case >= 0x60 and <= 0x7f or 0xd1 or 0xd2 or 0xd3 or 0xd4: _pending = command; break;
            case 0xaa: Reply(0x55); break;
            // Interface tests: the keyboard's port is well; the auxiliary port's clock line is stuck, so drivers see at once that there is no mouse.
            case 0xab: Reply(0x00); break;
            case 0xa9: Reply(0x01); break;
            case 0xa7: _ram[0] |= 0x20; break;
            case 0xa8: _ram[0] &= 0xdf; break;
            case 0xad: _ram[0] |= 0x10; break;
            case 0xae: _ram[0] &= 0xef; break;
            case 0xc0: Reply(0x80); break;
            case 0xd0: Reply(OutputPort); break;
            case 0xdd: OutputPort &= unchecked((byte)~A20); break;
            case 0xdf: OutputPort |= A20; break;
            // Pulse output lines: a clear bit is pulsed, bit 0 is the reset line.
            case >= 0xf0 when (command & NoReset) == 0: control.Reset(); break;
        }
    }

    private void WriteOutputPort(byte value)
    {
        OutputPort = value;
        if ((value & NoReset) == 0) control.Reset();
    }

    private void Reply(byte value)
    {
        _output.Clear();
        _output.Enqueue(value);
    }

    private sealed class DataPort(KeyboardController controller) : IPortDevice
    {
        public uint Read(ushort offset, int size) => controller.ReadData();

        public void Write(ushort offset, int size, uint value) => controller.WriteData((byte)value);
    }

    private sealed class CommandPort(KeyboardController controller) : IPortDevice
    {
        public uint Read(ushort offset, int size) => controller.ReadStatus();

        public void Write(ushort offset, int size, uint value) => controller.WriteCommand((byte)value);
    }
}

/// <summary>Port 0x92: A20 and fast reset.</summary>
public sealed class SystemControlA(IMachineControl control) : IPortDevice
{
    private byte _value = 0x02;

    public uint Read(ushort offset, int size) => _value;

    public void Write(ushort offset, int size, uint value)
    {
        bool reset = (value & ~_value & 1) != 0;
        // Bit 0 reads back as zero so that a read-modify-write of A20 after the reset does not miss the next edge.
        _value = (byte)(value & 0x02);
        if (reset) control.Reset();
    }
}
