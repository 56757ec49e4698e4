namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Why a task switch happens; decides busy bits, the back link and NT (SDM 3A table 7-2).</summary>
internal enum TaskSwitchKind : byte { Jump, Call, Interrupt, Return }

/// <summary>Where a task-state segment keeps what a switch saves and loads: one for each width.</summary>
internal sealed record TaskLayout(int Slot, uint Ip, uint Flags, uint Registers, uint Segments, int SegmentCount, uint Ldt, uint MinLimit)
{
    public static readonly TaskLayout Wide = new(4, Tss.Eip, Tss.Eflags, Tss.Registers, Tss.Segments, 6, Tss.Ldt, Tss.MinLimit);
    public static readonly TaskLayout Narrow = new(2, Tss16.Ip, Tss16.Flags, Tss16.Registers, Tss16.Segments, 4, Tss16.Ldt, Tss16.MinLimit);

    public static TaskLayout Of(int type) => (type & 8) != 0 ? Wide : Narrow;
}

/// <summary>A task as its TSS describes it, read before anything changes.</summary>
internal unsafe struct TaskImage
{
    public ulong Cr3;
    public ulong Ip;
    public ulong Flags;
    public fixed ulong Registers[8];
    public fixed ushort Segments[6];
    public ushort Ldt;
    public bool Trap;
}
