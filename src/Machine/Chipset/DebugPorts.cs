using Tcg.Mttcg.Machine.Serial;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Chipset;

/// <summary>isa-debug-exit: a write ends the machine; the process exits with <c>(value &lt;&lt; 1) | 1</c>.</summary>
public sealed class DebugExit(IMachineControl control) : IPortDevice
{
    public uint Read(ushort offset, int size) => 0;

    public void Write(ushort offset, int size, uint value) => control.DebugExit(value);
}

/// <summary>isa-debugcon: each byte written is printed; a read yields 0xe9, by which guests detect it.</summary>
public sealed class DebugConsole(SerialLink link) : IPortDevice
{
    public uint Read(ushort offset, int size) => 0xe9;

    public void Write(ushort offset, int size, uint value)
    {
        if (link.Backlog < Uart16550.DropBacklog) link.Send((byte)value);
    }
}

/// <summary>Port 0x80: the diagnostic code, which also serves as the I/O delay of old drivers.</summary>
public sealed class PostCode : IPortDevice
{
    private readonly byte[] _codes = new byte[16];

    /// <summary>The last diagnostic code written to port 0x80.</summary>
    public byte Last => _codes[0];

    public uint Read(ushort offset, int size) => _codes[offset & 15];

    public void Write(ushort offset, int size, uint value) => _codes[offset & 15] = (byte)value;
}
