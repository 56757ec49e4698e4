namespace Tcg.Mttcg.Machine.Firmware;

/// <summary>Where RAM appears: from 0 up to 3 GiB, the rest from 4 GiB on. Between the two live the devices.</summary>
public readonly record struct RamLayout(ulong Bytes)
{
    public const ulong LowLimit = 0xc000_0000;
    public const ulong HighStart = 0x1_0000_0000;

    public ulong LowBytes => Math.Min(Bytes, LowLimit);

    public ulong HighBytes => Bytes - LowBytes;

    /// <summary>The whole range lies in one piece of RAM.</summary>
    public bool Contains(ulong address, ulong length) =>
        (address <= LowBytes && length <= LowBytes - address) || (address >= HighStart && address - HighStart <= HighBytes && length <= HighBytes - (address - HighStart));

    /// <summary>The offset into the RAM mapping of an address that <see cref="Contains"/> accepts.</summary>
    public ulong OffsetOf(ulong address) => address < HighStart ? address : address - HighStart + LowBytes;
}
