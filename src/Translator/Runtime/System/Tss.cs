namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Offsets in the 32-bit task-state segment (SDM 3A figure 7-2).</summary>
internal static class Tss
{
    public const uint Link = 0, Cr3 = 0x1c, Eip = 0x20, Eflags = 0x24, Registers = 0x28, Segments = 0x48, Ldt = 0x60, Trap = 0x64, IoMapBase = 0x66;
    public const uint MinLimit = 0x67;
}

/// <summary>Offsets in the 16-bit task-state segment (SDM 3A figure 7-10).</summary>
internal static class Tss16
{
    public const uint Ip = 0x0e, Flags = 0x10, Registers = 0x12, Segments = 0x22, Ldt = 0x2a;
    public const uint MinLimit = 0x2b;
}

/// <summary>Offsets in the 64-bit task-state segment (SDM 3A figure 7-11).</summary>
internal static class Tss64
{
    public const uint Rsp0 = 4, Ist1 = 0x24, IoMapBase = 0x66;
}
