using System.Collections.Frozen;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>One model-specific register that does something. A null body makes that access fault.</summary>
/// <param name="needs">It exists on a processor with any of these; none: on every one.</param>
internal readonly unsafe struct MsrRow(uint index, delegate*<Cpu, ulong> read, delegate*<Cpu, ulong, bool> write, params CpuFeature[] needs)
{
    private readonly CpuFeatureSet _needs = new CpuFeatureSet().With(needs);

    public uint Index { get; } = index;
    public delegate*<Cpu, ulong> Read { get; } = read;

    /// <summary>False: the value is refused, #GP(0).</summary>
    public delegate*<Cpu, ulong, bool> Write { get; } = write;

    public bool IsOf(CpuModel model) => _needs.Count == 0 || (_needs & model.Features).Count > 0;
}

/// <summary>A register that only remembers. Writing a bit outside <paramref name="Writable"/> faults, and so does a value that <paramref name="Takes"/> refuses.</summary>
/// <param name="Needs">It exists only on a processor with this.</param>
internal readonly record struct PlainMsr(
    uint Index, ulong Reset, ulong Writable, uint Count = 1, CpuFeature? Needs = null, Func<CpuModel, uint, ulong, bool>? Takes = null);

/// <summary>The model-specific registers (SDM 4). One without a row, here or in the local interrupt controller, faults with #GP(0).</summary>
internal static unsafe class MsrTable
{
    public static MsrRow[] Rows { get; } =
    [
        //  index         read              write
        new(0x0000_0010, &ReadTsc,          &WriteTsc,          CpuFeature.Tsc),
        new(0x0000_003b, &ReadTscAdjust,    &WriteTscAdjust,    CpuFeature.TscAdjust),
        new(0x0000_0049, null,              &BarrierOnly,       CpuFeature.SpecCtrl),   // IA32_PRED_CMD
        new(0x0000_008b, &MicrocodeRevision, &Ignore),
        new(0x0000_00e7, &ReadCounter,      &Ignore),                                   // IA32_MPERF
        new(0x0000_00e8, &ReadCounter,      &Ignore),                                   // IA32_APERF
        new(0x0000_00ce, &PlatformInfo,     null),
        new(0x0000_010a, &ArchCapabilities, null,               CpuFeature.ArchCapabilities),
        new(0x0000_010b, null,              &BarrierOnly),                              // IA32_FLUSH_CMD
        new(0x0000_0174, &ReadSysEnterCs,   &WriteSysEnterCs,   CpuFeature.Sep),
        new(0x0000_0175, &ReadSysEnterEsp,  &WriteSysEnterEsp,  CpuFeature.Sep),
        new(0x0000_0176, &ReadSysEnterEip,  &WriteSysEnterEip,  CpuFeature.Sep),
        new(0x0000_0277, &ReadPat,          &WritePat,          CpuFeature.Pat),
        new(0xc000_0080, &ReadEfer,         &WriteEfer,         CpuFeature.Syscall, CpuFeature.Nx, CpuFeature.LongMode),
        new(0xc000_0081, &ReadStar,         &WriteStar,         CpuFeature.Syscall),
        new(0xc000_0082, &ReadLStar,        &WriteLStar,        CpuFeature.LongMode),
        new(0xc000_0083, &ReadCStar,        &WriteCStar,        CpuFeature.LongMode),
        new(0xc000_0084, &ReadSfMask,       &WriteSfMask,       CpuFeature.Syscall),
        new(0xc000_0100, &ReadFsBase,       &WriteFsBase,       CpuFeature.LongMode),
        new(0xc000_0101, &ReadGsBase,       &WriteGsBase,       CpuFeature.LongMode),
        new(0xc000_0102, &ReadKernelGsBase, &WriteKernelGsBase, CpuFeature.LongMode),
        new(0xc000_0103, &ReadTscAux,       &WriteTscAux,       CpuFeature.Rdtscp, CpuFeature.Rdpid),
    ];

    public static PlainMsr[] Plain { get; } =
    [
        //  index  after reset  writable
        new(0x017, 0,           0),                                                                 // IA32_PLATFORM_ID
        new(0x03a, 1,           0),                                                                 // IA32_FEATURE_CONTROL, locked
        new(0x048, 0,           7, Needs: CpuFeature.SpecCtrl),                                     // IA32_SPEC_CTRL
        new(0x0fe, 0x508,       0, Needs: CpuFeature.Mtrr),                                         // IA32_MTRRCAP: 8 variable ranges, fixed ranges, WC
        new(0x179, 0,           0, Needs: CpuFeature.Mca),                                          // IA32_MCG_CAP: no banks
        new(0x17a, 0,           7, Needs: CpuFeature.Mca),                                          // IA32_MCG_STATUS
        new(0x198, 0,           0),                                                                 // IA32_PERF_STATUS
        new(0x199, 0,           ulong.MaxValue),                                                    // IA32_PERF_CTL
        new(0x19a, 0,           0x1f),                                                              // IA32_CLOCK_MODULATION
        new(0x19b, 0,           0x1ffffff),                                                         // IA32_THERM_INTERRUPT
        new(0x19c, 0,           ulong.MaxValue),                                                    // IA32_THERM_STATUS
        new(0x1a0, 0x1801,      0x400441889),                                                       // IA32_MISC_ENABLE: fast strings; BTS and PEBS unavailable
        new(0x1d9, 0,           3),                                                                 // IA32_DEBUGCTL
        new(0x200, 0,           ulong.MaxValue, 16, CpuFeature.Mtrr, IsRange),                      // MTRR variable ranges
        new(0x250, 0x0606060606060606, ulong.MaxValue, 1, CpuFeature.Mtrr, AreMemoryTypes),         // MTRR fixed ranges
        new(0x258, 0x0606060606060606, ulong.MaxValue, 2, CpuFeature.Mtrr, AreMemoryTypes),
        new(0x268, 0x0606060606060606, ulong.MaxValue, 8, CpuFeature.Mtrr, AreMemoryTypes),
        new(0x2ff, 0xc06,       0xcff, 1, CpuFeature.Mtrr, (_, _, value) => IsMemoryType(value)),   // IA32_MTRR_DEF_TYPE: write-back
        new(0xda0, 0,           0, Needs: CpuFeature.XsaveS),                                       // IA32_XSS: no supervisor state
    ];

    public static FrozenDictionary<uint, int> RowOf { get; } = Rows.Select((row, at) => (row.Index, at)).ToFrozenDictionary(x => x.Index, x => x.at);

    private static bool Ignore(Cpu cpu, ulong value) => true;

    // Commands of one bit.
    private static bool BarrierOnly(Cpu cpu, ulong value) => value <= 1;

    // SDM 3A table 12-8: UC, WC, WT, WP, WB.
    private static bool IsMemoryType(ulong value) => (byte)value is 0 or 1 or 4 or 5 or 6;

    private static bool AreMemoryTypes(CpuModel model, uint index, ulong value)
    {
        for (var i = 0; i < 8; i++)
            if (!IsMemoryType(value >> i * 8)) return false;
        return true;
    }

    // Bases, which hold a type, take turns with masks (SDM 3A 12.11.2.3).
    private static bool IsRange(CpuModel model, uint index, ulong value) =>
        value >> model.PhysicalBits == 0 && ((index & 1) == 0 ? IsMemoryType(value) && (value & 0xf00) == 0 : (value & 0x7ff) == 0);

    private static ulong ReadCounter(Cpu cpu) => cpu.Ports.Tsc.Read();

    // Writing the counter writes the adjustment by as much (SDM 3B 18.17.3), so one word holds both.
    private static ulong ReadTsc(Cpu cpu) => cpu.TimeStamp;
    private static bool WriteTsc(Cpu cpu, ulong value) { cpu.AdjustTsc(value - cpu.Ports.Tsc.Read()); return true; }
    private static ulong ReadTscAdjust(Cpu cpu) => cpu.State->TscAdjust;
    private static bool WriteTscAdjust(Cpu cpu, ulong value) { cpu.AdjustTsc(value); return true; }

    // Newer than every revision that guests know to be broken.
    private static ulong MicrocodeRevision(Cpu cpu) => 0x0200_7006UL << 32;

    private static ulong PlatformInfo(Cpu cpu) => (cpu.Ports.Tsc.Frequency / 100_000_000 & 0xff) << 8;

    // RDCL_NO, IBRS_ALL, SKIP_L1DFL, SSB_NO, MDS_NO, PSCHANGE_MC_NO, TAA_NO, SBDR_SSDP_NO, FBSDP_NO, PSDP_NO, BHI_NO, PBRSB_NO, GDS_NO, RFDS_NO, ITS_NO:
    // translated code runs in one host process and none of the guest's own mitigations would add anything.
    private static ulong ArchCapabilities(Cpu cpu) => 0x4000_0000_0d10_e17b;

    private static ulong ReadSysEnterCs(Cpu cpu) => cpu.State->SysEnterCs;
    private static bool WriteSysEnterCs(Cpu cpu, ulong value) { cpu.State->SysEnterCs = value; return true; }
    private static ulong ReadSysEnterEsp(Cpu cpu) => cpu.State->SysEnterEsp;
    private static bool WriteSysEnterEsp(Cpu cpu, ulong value) => Canonical(cpu, value, ref cpu.State->SysEnterEsp);
    private static ulong ReadSysEnterEip(Cpu cpu) => cpu.State->SysEnterEip;
    private static bool WriteSysEnterEip(Cpu cpu, ulong value) => Canonical(cpu, value, ref cpu.State->SysEnterEip);

    private static ulong ReadPat(Cpu cpu) => cpu.State->Pat;

    // Types 0, 1, 4, 5, 6 and 7 exist (SDM 3A table 12-10).
    private static bool WritePat(Cpu cpu, ulong value)
    {
        for (var i = 0; i < 8; i++)
            if ((value >> i * 8 & 0xff) is 2 or 3 or > 7) return false;
        cpu.State->Pat = value;
        return true;
    }

    private static ulong ReadEfer(Cpu cpu) => cpu.State->Efer;
    private static bool WriteEfer(Cpu cpu, ulong value) => cpu.TryWriteEfer(value);
    private static ulong ReadStar(Cpu cpu) => cpu.State->Star;
    private static bool WriteStar(Cpu cpu, ulong value) { cpu.State->Star = value; return true; }
    private static ulong ReadLStar(Cpu cpu) => cpu.State->LStar;
    private static bool WriteLStar(Cpu cpu, ulong value) => Canonical(cpu, value, ref cpu.State->LStar);
    private static ulong ReadCStar(Cpu cpu) => cpu.State->CStar;
    private static bool WriteCStar(Cpu cpu, ulong value) => Canonical(cpu, value, ref cpu.State->CStar);
    private static ulong ReadSfMask(Cpu cpu) => cpu.State->SfMask;
    private static bool WriteSfMask(Cpu cpu, ulong value) => Low32(value, ref cpu.State->SfMask);
    private static ulong ReadFsBase(Cpu cpu) => cpu.State->Fs.Base;
    private static bool WriteFsBase(Cpu cpu, ulong value) => Canonical(cpu, value, ref cpu.State->Fs.Base);
    private static ulong ReadGsBase(Cpu cpu) => cpu.State->Gs.Base;
    private static bool WriteGsBase(Cpu cpu, ulong value) => Canonical(cpu, value, ref cpu.State->Gs.Base);
    private static ulong ReadKernelGsBase(Cpu cpu) => cpu.State->KernelGsBase;
    private static bool WriteKernelGsBase(Cpu cpu, ulong value) => Canonical(cpu, value, ref cpu.State->KernelGsBase);
    private static ulong ReadTscAux(Cpu cpu) => cpu.State->TscAux;
    private static bool WriteTscAux(Cpu cpu, ulong value) => Low32(value, ref cpu.State->TscAux);

    private static bool Canonical(Cpu cpu, ulong value, ref ulong register)
    {
        if (!cpu.IsCanonical(value)) return false;
        register = value;
        return true;
    }

    private static bool Low32(ulong value, ref ulong register)
    {
        if (value >> 32 != 0) return false;
        register = value;
        return true;
    }
}
