using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.SelfTest.Machines;

/// <summary>A local APIC that sends one interrupt when the processor has looked for one so many times, and the events it is told to.</summary>
internal sealed class ScriptedInterrupts : ILocalInterrupts
{
    private int _looks = int.MaxValue;
    private byte _vector, _startUpVector;
    private ProcessorEvents _events;

    public bool HasInterrupt => _looks != int.MaxValue && (_looks == 0 || --_looks == 0);
    public bool HasEvent => _events != ProcessorEvents.None;
    public byte TaskPriority { get; set; }
    public uint ApicId => 0;
    public IMmioDevice Registers => throw new NotSupportedException();
    public GuestPhysical? RegistersBase => null;

    public void InterruptAfter(int looks, byte vector) => (_looks, _vector) = (looks, vector);

    public void Send(ProcessorEvents events, byte startUpVector = 0) => (_events, _startUpVector) = (events, startUpVector);

    public int Acknowledge()
    {
        _looks = int.MaxValue;
        return _vector;
    }

    public ProcessorEvents TakeEvents(out byte sipiVector)
    {
        var events = _events;
        sipiVector = _startUpVector;
        _events = ProcessorEvents.None;
        return events;
    }

    public void Reset(bool init) { }

    public bool TryReadMsr(uint index, out ulong value)
    {
        value = 0;
        return false;
    }

    public bool TryWriteMsr(uint index, ulong value) => false;
}
