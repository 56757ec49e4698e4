namespace Tcg.Mttcg.Machine.Timers;

/// <summary>The state of one HPET comparator (IA-PC HPET specification 1.0a, 2.3.8).</summary>
internal sealed class HpetTimer
{
    public const uint LevelTriggered = 1 << 1, Enabled = 1 << 2, PeriodicMode = 1 << 3, PeriodicCapable = 1 << 4, Wide = 1 << 5, SetValue = 1 << 6,
        Only32 = 1 << 8;
    public const uint Writable = LevelTriggered | Enabled | PeriodicMode | SetValue | Only32 | 0x3e00;

    public uint Configuration { get; set; } = PeriodicCapable | Wide;

    public ulong Comparator { get; set; } = ulong.MaxValue;

    /// <summary>Added to the comparator at each match in periodic mode.</summary>
    public ulong Period { get; set; }

    public bool IsPeriodic => (Configuration & PeriodicMode) != 0;

    public bool Is32Bit => (Configuration & Only32) != 0;

    public int Route => (int)(Configuration >> 9 & 31);

    /// <summary>Counter ticks until the next match, at least 1; null when none will come.</summary>
    public ulong? TicksToMatch(ulong counter)
    {
        ulong ticks = Is32Bit ? (uint)(Comparator - counter) : Comparator - counter;
        if (ticks == 0) ticks = Is32Bit ? 1ul << 32 : 0;
        // A 64-bit comparator that lies behind the counter would match after centuries.
        return ticks == 0 || ticks > 1ul << 62 ? null : ticks;
    }

    /// <summary>Moves a periodic comparator past the counter, over missed periods too.</summary>
    public void Reload(ulong counter)
    {
        if (!IsPeriodic || Period == 0) return;
        ulong behind = Is32Bit ? (uint)(counter - Comparator) : counter - Comparator;
        Comparator += (behind / Period + 1) * Period;
        if (Is32Bit) Comparator = (uint)Comparator;
    }

    public void Reset()
    {
        (Configuration, Comparator, Period) = (PeriodicCapable | Wide, ulong.MaxValue, 0);
    }
}
