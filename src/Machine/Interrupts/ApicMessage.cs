namespace Tcg.Mttcg.Machine.Interrupts;

/// <summary>Delivery modes as ICR, LVT, IOAPIC and MSI encode them (SDM 3A 11.5.1).</summary>
public enum DeliveryMode : byte
{
    Fixed = 0,
    LowestPriority = 1,
    Smi = 2,
    Nmi = 4,
    Init = 5,
    StartUp = 6,
    ExtInt = 7,
}

/// <summary>What one APIC tells others: an IPI, an IOAPIC's interrupt, or an MSI.</summary>
/// <param name="Destination">APIC id, or logical destination. 8 bits from an xAPIC or IOAPIC, 32 from an x2APIC.</param>
/// <param name="IsLevel">Level triggered: the receiver sets its TMR bit and its EOI is broadcast.</param>
/// <param name="IsBroadcast">The physical destination was all ones in the sender's own width.</param>
public readonly record struct ApicMessage(DeliveryMode Mode, byte Vector, uint Destination, bool IsLogical, bool IsLevel = false, bool IsBroadcast = false)
{
    /// <summary>The message that a write to the MSI window 0xfee00000 makes (SDM 3A 11.11).</summary>
    public static ApicMessage FromMsi(ulong address, uint data)
    {
        uint destination = (uint)(address >> 12 & 0xff);
        bool logical = (address & 4) != 0;
        return new((DeliveryMode)(data >> 8 & 7), (byte)data, destination, logical, (data & 0x8000) != 0, !logical && destination == 0xff);
    }
}
