namespace Tcg.Mttcg.Machine.Boot;

/// <summary>The processor mode a boot protocol enters in.</summary>
public enum BootMode { Real16, Protected32, Long64 }

/// <summary>A segment register with its hidden part.</summary>
/// <param name="Limit">In bytes.</param>
/// <param name="Attributes">Descriptor bits 55:40: type 3:0, S 4, DPL 6:5, P 7, AVL 12, L 13, D/B 14, G 15.</param>
public readonly record struct BootSegment(ushort Selector, ulong Base, uint Limit, ushort Attributes)
{
    private const ushort Code16Attributes = 0x009b, Data16Attributes = 0x0093, Code32Attributes = 0xc09b, Code64Attributes = 0xa09b,
        DataAttributes = 0xc093;

    public static BootSegment RealCode(ushort selector) => new(selector, (ulong)selector << 4, 0xffff, Code16Attributes);

    public static BootSegment RealData(ushort selector) => new(selector, (ulong)selector << 4, 0xffff, Data16Attributes);

    public static BootSegment FlatCode32 { get; } = new(BootTables.CodeSelector, 0, uint.MaxValue, Code32Attributes);

    public static BootSegment FlatCode64 { get; } = new(BootTables.CodeSelector, 0, uint.MaxValue, Code64Attributes);

    public static BootSegment FlatData { get; } = new(BootTables.DataSelector, 0, uint.MaxValue, DataAttributes);
}

/// <summary>
/// How the boot processor starts: everything a boot protocol promises. Registers it does not name are zero; the vCPU's reset state supplies the
/// rest (MXCSR, x87, debug registers, TSC).
/// </summary>
public sealed record BootState
{
    public required BootMode Mode { get; init; }
    public required ulong Rip { get; init; }
    public required BootSegment Cs { get; init; }
    /// <summary>For DS, ES, FS, GS and SS.</summary>
    public required BootSegment Data { get; init; }
    public ulong Rax { get; init; }
    public ulong Rbx { get; init; }
    public ulong Rcx { get; init; }
    public ulong Rdx { get; init; }
    public ulong Rsi { get; init; }
    public ulong Rdi { get; init; }
    public ulong Rbp { get; init; }
    public ulong Rsp { get; init; }
    public uint Rflags { get; init; } = 2;
    public required ulong Cr0 { get; init; }
    public ulong Cr3 { get; init; }
    public ulong Cr4 { get; init; }
    public ulong Efer { get; init; }
    public ulong GdtBase { get; init; }
    public ushort GdtLimit { get; init; }
    public ulong IdtBase { get; init; }
    public ushort IdtLimit { get; init; }

    /// <summary>What was recognised, for logs: "Linux 2.12, 32-bit entry at 0x100000".</summary>
    public required string Description { get; init; }

    private const ulong Cr0ProtectedExtension = 0x11, Cr0Paging = 0x8000_0000, Cr4Pae = 0x20, EferLongMode = 0x500;

    /// <summary>Flat 32-bit segments, paging off.</summary>
    public static BootState Flat32(ulong entry, string description) => new()
    {
        Mode = BootMode.Protected32, Rip = entry, Cs = BootSegment.FlatCode32, Data = BootSegment.FlatData, Cr0 = Cr0ProtectedExtension,
        Rsp = BootTables.StackTop, GdtBase = BootTables.GdtAddress, GdtLimit = BootTables.GdtLimit, Description = description,
    };

    /// <summary>64-bit mode, the first 4 GiB mapped one to one by the tables of <see cref="BootTables"/>.</summary>
    public static BootState Long64(ulong entry, string description) => new()
    {
        Mode = BootMode.Long64, Rip = entry, Cs = BootSegment.FlatCode64, Data = BootSegment.FlatData, Cr0 = Cr0ProtectedExtension | Cr0Paging,
        Cr3 = BootTables.PageTables, Cr4 = Cr4Pae, Efer = EferLongMode, Rsp = BootTables.StackTop, GdtBase = BootTables.GdtAddress,
        GdtLimit = BootTables.GdtLimit, Description = description,
    };

    /// <summary>Real mode, as a BIOS enters a boot sector.</summary>
    public static BootState Real16(ushort segment, ushort entry, string description) => new()
    {
        Mode = BootMode.Real16, Rip = entry, Cs = BootSegment.RealCode(segment), Data = BootSegment.RealData(segment), Cr0 = 0x10,
        Rsp = BootTables.RealStackTop, IdtLimit = 0x3ff, Description = description,
    };
}
