using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Contracts;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.SelfTest.Fuzz;

/// <summary>The local APIC of a fuzzed processor: counts how often it is looked at, ends the run after so many looks, and sends what the case says.</summary>
internal sealed unsafe class FuzzInterrupts : ILocalInterrupts
{
    public const int MostLooks = 48;

    private CpuState* _state;
    private int _interruptAt;
    private byte _vector;
    private bool _isNmi;

    public int Looks { get; private set; }

    /// <summary>After so many the run ends.</summary>
    public int Most { get; set; } = MostLooks;

    /// <summary>Called between two blocks.</summary>
    public Action? Looking { get; set; }

    public bool HasEvent
    {
        get
        {
            // A store to the word that ends every run at the next block.
            Looking?.Invoke();
            if (++Looks >= Most) Volatile.Write(ref _state->ExitRequest, 1);
            return _isNmi && Looks == _interruptAt;
        }
    }

    public bool HasInterrupt => !_isNmi && _interruptAt != 0 && Looks >= _interruptAt;
    public byte TaskPriority { get; set; }
    public uint ApicId => 0;
    public IMmioDevice Registers => throw new NotSupportedException();
    public GuestPhysical? RegistersBase => null;

    public void Begin(CpuState* state, FuzzCase some)
    {
        _state = state;
        Looks = 0;
        (_interruptAt, _vector, _isNmi) = (some.InterruptAfter, some.InterruptVector, some.IsNmi);
        TaskPriority = 0;
    }

    public int Acknowledge()
    {
        _interruptAt = 0;
        return _vector;
    }

    public ProcessorEvents TakeEvents(out byte sipiVector)
    {
        sipiVector = 0;
        _interruptAt = 0;
        return ProcessorEvents.Nmi;
    }

    public void Reset(bool init) { }

    public bool TryReadMsr(uint index, out ulong value)
    {
        value = 0;
        return false;
    }

    public bool TryWriteMsr(uint index, ulong value) => false;
}
