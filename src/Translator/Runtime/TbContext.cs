using Tcg.Mttcg.Memory.Tlb;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>
/// Processor state that translation depends on and that is fixed inside a TB (QEMU's hflags). Computed by the dispatcher from the CPU state;
/// part of a TB's key.
/// </summary>
[Flags]
public enum TbFlags : uint
{
    None = 0,
    CplMask = 3,
    /// <summary>64-bit code (EFER.LMA and CS.L).</summary>
    Code64 = 1 << 2,
    /// <summary>32-bit code (CS.D, not Code64). Neither: 16-bit code.</summary>
    Code32 = 1 << 3,
    /// <summary>SS.B: stack operations use ESP (64-bit code always uses RSP).</summary>
    Stack32 = 1 << 4,
    /// <summary>EFER.LMA: long mode, also for compatibility code.</summary>
    LongMode = 1 << 5,
    /// <summary>CR0.PE.</summary>
    Protected = 1 << 6,
    /// <summary>EFLAGS.VM.</summary>
    Virtual8086 = 1 << 7,
    /// <summary>CS base is zero: block-local addresses equal offsets and the in-code jump cache may be used.</summary>
    CsBaseZero = 1 << 8,
    /// <summary>ES, SS and DS have base 0 and a 4 GiB limit, and are usable: no base to add, no limit to check.</summary>
    FlatData = 1 << 9,
    /// <summary>CR0.EM, CR0.TS, CR0.MP, CR4.OSFXSR: #UD and #NM of x87 and SSE are decided at translation time.</summary>
    Emulate = 1 << 10,
    TaskSwitched = 1 << 11,
    MonitorCoprocessor = 1 << 12,
    OsFxsr = 1 << 13,
    /// <summary>CR4.OSXSAVE and XCR0 allow AVX.</summary>
    Avx = 1 << 14,
    /// <summary>Alignment checks are on (CR0.AM, EFLAGS.AC, CPL 3).</summary>
    AlignmentCheck = 1 << 15,
    IoplMask = 3 << 16,
    MmuIndexMask = 3 << 18,
    /// <summary>CR4.UMIP, CR4.FSGSBASE, CR4.TSD, CR4.VME, CR4.PVI.</summary>
    Umip = 1 << 20,
    FsGsBase = 1 << 21,
    TimeStampDisable = 1 << 22,
    VirtualModeExtensions = 1 << 23,
    ProtectedVirtualInterrupts = 1 << 24,
    /// <summary>MXCSR leaves an exception unmasked.</summary>
    SimdExceptions = 1 << 25,
    /// <summary>CS ends before the offsets that its width can name: fetches and branch targets are checked.</summary>
    CodeLimit = 1 << 26,
}

/// <summary>How a TB is to be compiled, beside what it does. Part of the key.</summary>
[Flags]
public enum TbCompileFlags : uint
{
    None = 0,
    /// <summary>The most guest instructions to take; 0: the translator's own limit.</summary>
    CountMask = 0x1ff,
    /// <summary>Direct jumps and the jump cache are not used: always back to the dispatcher.</summary>
    NoChain = 1 << 9,
    /// <summary>Never hashed: run once after a store into the running TB, or after repeated stale links.</summary>
    Uncached = 1 << 10,
    /// <summary>No poll of the exit-request word at the head: the TB must make progress (single step, interrupt shadow).</summary>
    NoPoll = 1 << 11,
    /// <summary>For the interpreter, whatever the back end.</summary>
    Interpret = 1 << 12,
}

/// <summary>Where and for which processor state a TB is translated.</summary>
/// <param name="Pc">Linear address of the first instruction (CS base + RIP).</param>
/// <param name="CsBase">CS base; RIP of the first instruction is Pc - CsBase.</param>
public readonly record struct TbContext(ulong Pc, ulong CsBase, TbFlags Flags, TbCompileFlags CompileFlags)
{
    public const int IoplShift = 16;
    public const int MmuIndexShift = 18;

    public int Cpl => (int)(Flags & TbFlags.CplMask);
    public int Iopl => (int)(Flags & TbFlags.IoplMask) >> IoplShift;
    public MmuIndex MmuIndex => (MmuIndex)((int)(Flags & TbFlags.MmuIndexMask) >> MmuIndexShift);
    public bool Is64 => (Flags & TbFlags.Code64) != 0;
    public bool Is32 => (Flags & TbFlags.Code32) != 0;

    /// <summary>16, 32 or 64, as Iced's decoder wants it.</summary>
    public int Bitness => Is64 ? 64 : Is32 ? 32 : 16;
    public ulong Rip => Is64 ? Pc : (Pc - CsBase) & 0xffffffff;
}
