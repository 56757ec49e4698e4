namespace Tcg.Mttcg.Guests.SelfCheck.Kit;

/// <summary>The state in which a piece of code begins. Interrupts are off unless the flags say so.</summary>
internal sealed record Start
{
    /// <summary>16, 32 or 64.</summary>
    public required int Bits { get; init; }
    public bool IsReal { get; init; }
    public required uint Cs { get; init; }
    public required uint Ss { get; init; }
    public required ulong Sp { get; init; }
    public ulong? Ip { get; init; }
    public uint Flags { get; init; } = Ef.Fixed;
    public uint Ds { get; init; } = Sel.UserData;
    public uint Fs { get; init; }
    public uint Gs { get; init; }
    public ulong Ax { get; init; }
    public ulong Cx { get; init; }
    public ulong Dx { get; init; }
    public ulong Bx { get; init; }
    public ulong Bp { get; init; }
    public ulong Si { get; init; }
    public ulong Di { get; init; }

    public static Start User64 { get; } = new() { Bits = 64, Cs = Sel.UserCode64, Ss = Sel.UserData, Sp = CheckMap.UserStack };
    public static Start Kernel64 { get; } = new() { Bits = 64, Cs = Sel.Code64, Ss = Sel.Data, Sp = CheckMap.KernelStack, Ds = Sel.Data };
    public static Start User32 { get; } = new() { Bits = 32, Cs = Sel.UserCode32, Ss = Sel.UserData, Sp = CheckMap.UserStack };
    public static Start Kernel32 { get; } = new() { Bits = 32, Cs = Sel.Code32, Ss = Sel.Data, Sp = CheckMap.KernelStack, Ds = Sel.Data };
    public static Start Ring1 { get; } = new() { Bits = 32, Cs = Sel.Ring1Code32, Ss = Sel.Ring1Data, Sp = CheckMap.Ring1Stack, Ds = Sel.Ring1Data };
    public static Start User16 { get; } = new() { Bits = 16, Cs = Sel.UserCode16, Ss = Sel.UserData, Sp = CheckMap.UserStack };
    public static Start Kernel16 { get; } = new() { Bits = 16, Cs = Sel.Code16, Ss = Sel.Data, Sp = CheckMap.KernelStack, Ds = Sel.Data };

    /// <summary>16-bit code whose stack is 16 bits wide.</summary>
    public static Start Narrow16 { get; } = Kernel16 with { Ss = Sel.KitData16, Sp = CheckMap.KernelStack - CheckMap.KitSegment };

    /// <summary>Virtual-8086 mode: selectors are paragraphs.</summary>
    public static Start Virtual { get; } = new()
    {
        Bits = 16, Cs = CheckMap.Fragments >> 4, Ss = (CheckMap.UserStack - 0x1000) >> 4, Sp = 0x1000, Ds = CheckMap.Scratch >> 4, Flags = Ef.Fixed | Ef.Vm,
    };

    public static Start Real { get; } = Virtual with { Flags = Ef.Fixed, IsReal = true };

    /// <summary>The quadwords that the kit reads, in the order of <see cref="StartField"/>.</summary>
    public ulong[] Words(uint start) => [Ip ?? start, Cs, Flags, Sp, Ss, Ds, Fs, Gs, Ax, Cx, Dx, Bx, Bp, Si, Di];
}

internal enum StartField { Ip, Cs, Flags, Sp, Ss, Ds, Fs, Gs, Ax, Cx, Dx, Bx, Bp, Si, Di }
