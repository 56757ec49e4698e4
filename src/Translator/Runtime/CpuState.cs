using System.Runtime.InteropServices;
using Tcg.Mttcg.Memory.Tlb;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>One segment register with its hidden part (SDM 3A 3.4.3).</summary>
[StructLayout(LayoutKind.Sequential, Size = 24)]
public struct SegmentRegister
{
    public ulong Base;
    /// <summary>In bytes, already scaled by G.</summary>
    public uint Limit;
    /// <summary>Descriptor bits 55:40 in bits 15:0: type 3:0, S 4, DPL 6:5, P 7, AVL 12, L 13, D/B 14, G 15. Zero: unusable (null selector).</summary>
    public ushort Attributes;
    public ushort Selector;
}

/// <summary>
/// A vCPU's registers in native memory, addressed by translated code through the environment register. Written only by its vCPU's thread,
/// except <see cref="ExitRequest"/>. Inside a TB the general and vector registers live in host registers; here they are exact whenever managed
/// code runs.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
public unsafe struct CpuState
{
    public const int Size = 4096;

    [FieldOffset(0)] public fixed ulong Gpr[16];

    /// <summary>Offset in CS. Stale inside a TB: see the unwind data.</summary>
    [FieldOffset(128)] public ulong Rip;

    /// <summary>Non-zero: leave translated code at the next TB head. Set by anyone after a full fence, cleared by the owner with an exchange.</summary>
    [FieldOffset(136)] public uint ExitRequest;

    /// <summary>Set by a helper that wants its TB left at once (<see cref="TbExitReason"/> + 1 in the low byte); tested after each helper call.</summary>
    [FieldOffset(140)] public uint HelperExit;

    /// <summary>OF as 0 or 1 (what SETO AL leaves).</summary>
    [FieldOffset(144)] public byte FlagOverflow;

    /// <summary>SF, ZF, AF, PF, CF as LAHF leaves them in AH.</summary>
    [FieldOffset(145)] public byte FlagsLow;

    /// <summary>EFLAGS without the six arithmetic flags; bit 1 is set. DF is here (bit 10).</summary>
    [FieldOffset(148)] public uint SystemFlags;

    [FieldOffset(152)] public uint MxCsr;

    /// <summary>Guest MXCSR as the host may hold it: all exceptions masked.</summary>
    [FieldOffset(156)] public uint HostMxCsr;

    /// <summary>Return address of the helper call now under way, in the executable view; 0 outside or under the interpreter, where Rip is exact.</summary>
    [FieldOffset(160)] public ulong HostReturn;

    /// <summary>A GCHandle to the managed <see cref="Cpu"/>.</summary>
    [FieldOffset(168)] public nint Handle;

    /// <summary>Spill slots of the code generator.</summary>
    [FieldOffset(176)] public fixed ulong Spill[16];

    /// <summary>Byte masks of the soft TLB's tables, by <see cref="MmuIndex"/>.</summary>
    [FieldOffset(304)] public fixed uint TlbMask[4];

    /// <summary>Second result of a helper.</summary>
    [FieldOffset(320)] public ulong HelperResult2;

    /// <summary>Executed guest instructions when counting is compiled in; chained jumps and jump-cache hits likewise.</summary>
    [FieldOffset(328)] public ulong InstructionCount;
    [FieldOffset(336)] public ulong HelperCalls;
    /// <summary>What the guest added to the machine's counter: IA32_TSC_ADJUST.</summary>
    [FieldOffset(344)] public ulong TscAdjust;
    [FieldOffset(352)] public ulong JumpCacheHits;
    [FieldOffset(360)] public ulong ChainedJumps;

    /// <summary>Where translated code looks at the host's MXCSR.</summary>
    [FieldOffset(368)] public uint SeenMxCsr;

    /// <summary>Memory operand of a SIMD instruction that took the slow path.</summary>
    [FieldOffset(384)] public fixed byte Bounce[64];

    /// <summary>Guest vector registers, 64 bytes each; XMMn at 512 + 64 n.</summary>
    [FieldOffset(512)] public fixed byte Vector[16 * 64];

    // -- below: managed code and LoadState/StoreState only --
    [FieldOffset(1536)] public SegmentRegister Es;
    [FieldOffset(1560)] public SegmentRegister Cs;
    [FieldOffset(1584)] public SegmentRegister Ss;
    [FieldOffset(1608)] public SegmentRegister Ds;
    [FieldOffset(1632)] public SegmentRegister Fs;
    [FieldOffset(1656)] public SegmentRegister Gs;
    [FieldOffset(1680)] public SegmentRegister Ldtr;
    [FieldOffset(1704)] public SegmentRegister Tr;
    [FieldOffset(1728)] public ulong GdtBase;
    [FieldOffset(1736)] public ulong IdtBase;
    [FieldOffset(1744)] public uint GdtLimit;
    [FieldOffset(1748)] public uint IdtLimit;
    [FieldOffset(1752)] public ulong Cr0;
    [FieldOffset(1760)] public ulong Cr2;
    [FieldOffset(1768)] public ulong Cr3;
    [FieldOffset(1776)] public ulong Cr4;
    [FieldOffset(1784)] public ulong Efer;
    [FieldOffset(1792)] public ulong Xcr0;
    [FieldOffset(1800)] public fixed ulong Dr[8];
    [FieldOffset(1864)] public ulong Star;
    [FieldOffset(1872)] public ulong LStar;
    [FieldOffset(1880)] public ulong CStar;
    [FieldOffset(1888)] public ulong SfMask;
    [FieldOffset(1896)] public ulong KernelGsBase;
    [FieldOffset(1904)] public ulong SysEnterCs;
    [FieldOffset(1912)] public ulong SysEnterEsp;
    [FieldOffset(1920)] public ulong SysEnterEip;
    [FieldOffset(1928)] public ulong TscAux;
    [FieldOffset(1936)] public ulong Pat;
    [FieldOffset(1944)] public uint Pkru;
    /// <summary>Not 0: the next instruction runs without interrupts (after STI or a load of SS; SDM 3A 6.8.3).</summary>
    [FieldOffset(1948)] public byte InterruptShadow;
    [FieldOffset(1949)] public byte Halted;
    [FieldOffset(1950)] public byte NmiBlocked;
    /// <summary>x87: registers as 16-byte slots in physical order, control, status (TOP in bits 13:11) and one tag bit a register (1: empty).</summary>
    [FieldOffset(1952)] public fixed byte X87[8 * 16];
    [FieldOffset(2080)] public ushort X87Control;
    [FieldOffset(2082)] public ushort X87Status;
    [FieldOffset(2084)] public ushort X87Tag;
    [FieldOffset(2086)] public ushort X87Opcode;
    [FieldOffset(2088)] public ulong X87Ip;
    [FieldOffset(2096)] public ulong X87Dp;
    [FieldOffset(2104)] public fixed ulong PdPte[4];

    /// <summary>Values of <see cref="InterruptShadow"/>: a load of SS puts off debug exceptions too.</summary>
    public const byte ShadowOfSti = 1, ShadowOfStackLoad = 2;

    /// <summary>A destination's old value while its new one is looked at.</summary>
    [FieldOffset(2176)] public fixed byte KeptVector[64];

    public const int GprOffset = 0, RipOffset = 128, ExitRequestOffset = 136, HelperExitOffset = 140, FlagsOffset = 144, SystemFlagsOffset = 148,
        MxCsrOffset = 152, HostMxCsrOffset = 156, HostReturnOffset = 160, SpillOffset = 176, SpillSlots = 16, TlbMaskOffset = 304,
        HelperResult2Offset = 320, InstructionCountOffset = 328, HelperCallsOffset = 336, JumpCacheHitsOffset = 352,
        ChainedJumpsOffset = 360, SeenMxCsrOffset = 368, BounceOffset = 384, VectorOffset = 512, VectorStride = 64, SegmentsOffset = 1536, SegmentStride = 24,
        KeptVectorOffset = 2176;

    /// <summary>Byte offset of a segment's base.</summary>
    public static int SegmentBaseOffset(Ir.Segment segment) => SegmentsOffset + SegmentStride * (int)segment;
}

/// <summary>
/// The native memory of one vCPU: CpuState at 0, then the jump cache, then the soft TLB's tables. One reservation, lazily touched, so that
/// translated code reaches all of it from one register with 32-bit displacements.
/// </summary>
public static class CpuLayout
{
    public const int JumpCacheOffset = CpuState.Size;
    public const int JumpCacheShift = 11;
    public const int JumpCacheBytes = JumpCacheEntry.Size << JumpCacheShift;
    public const int TlbOffset = JumpCacheOffset + JumpCacheBytes;
    public const int Bytes = TlbOffset + TlbLayout.MmuIndexes * TlbLayout.TableBytes;

    public static int TlbTableOffset(MmuIndex index) => TlbOffset + (int)index * TlbLayout.TableBytes;

    /// <summary>Entry of linear address pc: <c>((pc ^ (pc &gt;&gt; 6)) &amp; (entries - 1)) * 32</c>; translated code computes the same.</summary>
    public static int JumpCacheSlot(ulong pc) => (int)((uint)(pc ^ (pc >> 6)) & ((1u << JumpCacheShift) - 1)) << JumpCacheEntry.SizeShift;
}

/// <summary>
/// One jump-cache entry: valid for a jump to Pc from code with the same flags and compile flags. Host code of a dead TB is safe to enter: its
/// head was patched to leave at once.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = Size)]
public struct JumpCacheEntry
{
    public const int Size = 32, SizeShift = 5, PcOffset = 0, EntryOffset = 8, FlagsOffset = 16;

    /// <summary>Linear address, canonical; all-ones with Entry 0: empty.</summary>
    [FieldOffset(PcOffset)] public ulong Pc;
    [FieldOffset(EntryOffset)] public ulong Entry;
    /// <summary><see cref="TbFlags"/>; only TBs with <see cref="TbFlags.CsBaseZero"/> and no compile flags are entered here.</summary>
    [FieldOffset(FlagsOffset)] public uint Flags;
}
