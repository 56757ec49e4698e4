namespace Tcg.Mttcg.Machine.Firmware;

/// <summary>What the firmware tables describe.</summary>
internal sealed record FirmwareOptions
{
    /// <summary>Of each processor, in order.</summary>
    public required IReadOnlyList<uint> ApicIds { get; init; }
    public int Cpus => ApicIds.Count;
    public required int SerialPorts { get; init; }
    public required bool HasPci { get; init; }
    public required bool HasKeyboard { get; init; }
    public required bool HasVga { get; init; }
    public required bool HasHpet { get; init; }
    public bool HasPvPanic { get; init; }
}

/// <summary>Addresses that tables and devices must agree on.</summary>
internal static class Platform
{
    public const uint LocalApicAddress = 0xfee00000, IoApicAddress = 0xfec00000, HpetAddress = 0xfed00000;
    public const ushort PmBase = 0x600, ResetPort = 0xcf9, PvPanicPort = 0x505;
    public const byte ResetValue = 0x06, SciRequest = 9, RtcRequest = 8, TimerPin = 2, IoApicId = 0;

    /// <summary>SLP_TYP for S5. Programs written for PC emulators write 0x2000 to port 0x604 without asking the DSDT.</summary>
    public const byte SoftOffType = 0;

    /// <summary>The ISA request that a PCI interrupt pin (0 is INTA#) leads to; on the IOAPIC it is the pin of the same number. Level-triggered.</summary>
    public static byte PciRequest(int slot, int pin) => (byte)(10 + (slot + pin & 1));

    public static readonly (ushort Port, byte Request)[] SerialPorts = [(0x3f8, 4), (0x2f8, 3), (0x3e8, 4), (0x2e8, 3)];
}
