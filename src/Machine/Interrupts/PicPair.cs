using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Interrupts;

/// <summary>The PC's two cascaded 8259As with 16 inputs, at ports 0x20, 0xa0 and 0x4d0 (edge/level control).</summary>
public sealed class PicPair : IResettable
{
    private readonly Pic _master = new(isMaster: true, levelMask: 0xf8);
    private readonly Pic _slave = new(isMaster: false, levelMask: 0xde);
    private readonly IInterruptLine _interrupt;

    /// <param name="interrupt">INTR: to the boot processor's LINT0.</param>
    public PicPair(IInterruptLine interrupt)
    {
        _interrupt = interrupt;
        MasterPorts = new ChipPorts(this, _master);
        SlavePorts = new ChipPorts(this, _slave);
        EdgeLevelPorts = new ElcrPorts(this);
        Reset();
    }

    /// <summary>Ports 0x20 and 0x21.</summary>
    public IPortDevice MasterPorts { get; }

    /// <summary>Ports 0xa0 and 0xa1.</summary>
    public IPortDevice SlavePorts { get; }

    /// <summary>Ports 0x4d0 and 0x4d1.</summary>
    public IPortDevice EdgeLevelPorts { get; }

    public void Reset()
    {
        _master.Reset();
        _slave.Reset();
        Update();
    }

    /// <param name="input">0 to 15, without 2, which the cascade occupies.</param>
    public void SetLine(int input, bool level)
    {
        if (input < 8) _master.SetLine(input, level);
        else _slave.SetLine(input - 8, level);
        Update();
    }

    /// <summary>The processor's interrupt-acknowledge cycle. Returns the vector, or -1 when INTR is low.</summary>
    public int Acknowledge()
    {
        int input = _master.Acknowledge();
        int vector = input switch
        {
            < 0 => -1,
            2 => _slave.VectorOf(_slave.Acknowledge()),
            _ => _master.VectorOf(input),
        };
        Update();
        return vector;
    }

    private void Update()
    {
        _master.SetLine(2, _slave.Output);
        _interrupt.Set(_master.Output);
    }

    private sealed class ChipPorts(PicPair pair, Pic chip) : IPortDevice
    {
        public uint Read(ushort offset, int size)
        {
            uint value = chip.Read(offset & 1);
            pair.Update();
            return value;
        }

        public void Write(ushort offset, int size, uint value)
        {
            chip.Write(offset & 1, (byte)value);
            pair.Update();
        }
    }

    private sealed class ElcrPorts(PicPair pair) : IPortDevice
    {
        public uint Read(ushort offset, int size) => Chip(offset).EdgeLevelControl;

        public void Write(ushort offset, int size, uint value)
        {
            Chip(offset).EdgeLevelControl = (byte)value;
            pair.Update();
        }

        private Pic Chip(ushort offset) => offset == 0 ? pair._master : pair._slave;
    }
}
