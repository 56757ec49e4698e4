namespace Tcg.Mttcg.Machine.Interrupts;

/// <summary>Carries messages to the local APICs they are meant for, and their EOIs to the IOAPIC. Safe from any thread.</summary>
public sealed class ApicBus
{
    private LocalApic[] _apics = [];
    private LocalApic?[] _byId = [];
    private Action<byte> _endOfInterrupt = static _ => { };
    private uint _rotation;

    /// <summary>Solders the parts together; once, before anything runs.</summary>
    /// <param name="endOfInterrupt">Hears the vector of each EOI of a level-triggered interrupt.</param>
    public void Connect(IReadOnlyList<LocalApic> apics, Action<byte> endOfInterrupt)
    {
        (_apics, _endOfInterrupt) = ([.. apics], endOfInterrupt);
        _byId = new LocalApic?[apics.Max(apic => apic.ApicId) + 1];
        foreach (var apic in apics) _byId[apic.ApicId] = apic;
    }

    public void Deliver(in ApicMessage message)
    {
        if (message.Mode == DeliveryMode.LowestPriority)
        {
            FindLowestPriority(message)?.Accept(message);
            return;
        }
        if (message is { IsLogical: false, IsBroadcast: false })
        {
            if (message.Destination < (uint)_byId.Length) _byId[message.Destination]?.Accept(message);
            return;
        }
        foreach (var apic in _apics)
        {
            if (apic.Matches(message)) apic.Accept(message);
        }
    }

    /// <param name="sender">Left out unless <paramref name="includeSelf"/>.</param>
    public void DeliverToAll(in ApicMessage message, LocalApic sender, bool includeSelf)
    {
        foreach (var apic in _apics)
        {
            if (includeSelf || apic != sender) apic.Accept(message);
        }
    }

    internal void BroadcastEndOfInterrupt(byte vector) => _endOfInterrupt(vector);

    /// <summary>Among equals the turn rotates, so no processor takes all of a device's interrupts.</summary>
    private LocalApic? FindLowestPriority(in ApicMessage message)
    {
        LocalApic? best = null;
        uint start = Interlocked.Increment(ref _rotation);
        for (uint i = 0; i < _apics.Length; i++)
        {
            var apic = _apics[(start + i) % _apics.Length];
            if (!apic.AcceptsInterrupts || !apic.Matches(message)) continue;
            if (best is null || apic.ArbitrationPriority < best.ArbitrationPriority) best = apic;
        }
        return best;
    }
}
