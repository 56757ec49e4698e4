using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Runtime;

public sealed unsafe partial class Cpu
{
    private const uint FlagsInContext = Eflag.Vm | Eflag.IoplMask | Eflag.Ac;

    private TbFlags _context;
    private uint _contextEflags;
    private bool _contextStale = true;

    /// <summary>Current privilege level: the DPL of SS, which every mode keeps right (also for a null SS of 64-bit mode).</summary>
    public int Cpl => (State->Ss.Attributes & SegmentBits.DplMask) >> SegmentBits.DplShift;

    public bool IsProtected => (State->Cr0 & Cr0.Pe) != 0;
    public bool IsLongMode => (State->Efer & Efer.Lma) != 0;
    public bool IsVirtual8086 => (State->SystemFlags & Eflag.Vm) != 0;

    /// <summary>Real-address or virtual-8086 mode: selectors are paragraphs.</summary>
    public bool IsReal => !IsProtected || IsVirtual8086;

    /// <summary>EFER.LMA and CS.L: 64-bit code.</summary>
    public bool IsLongMode64 => IsLongMode && (State->Cs.Attributes & SegmentBits.Long) != 0;

    /// <summary>What translation depends on, at the current RIP. Call when RIP is exact (outside translated code).</summary>
    public TbContext ComputeContext()
    {
        if (_contextStale || (State->SystemFlags & FlagsInContext) != _contextEflags) RefreshContext();
        if ((_context & TbFlags.Code64) != 0) return new TbContext(State->Rip, 0, _context, TbCompileFlags.None);
        return new TbContext((uint)(State->Cs.Base + State->Rip), State->Cs.Base, _context, TbCompileFlags.None);
    }

    /// <summary>A segment, control register or EFER was written other than by a member of this class (a loader, a debugger, a snapshot).</summary>
    public void InvalidateContext() => _contextStale = true;

    /// <summary>The privilege view of ordinary data accesses now.</summary>
    public MmuIndex View => ViewOf(Cpl);

    internal MmuIndex ViewOf(int cpl) =>
        cpl == 3 ? MmuIndex.User
        : (State->Cr4 & Cr4.Smap) != 0 && (State->SystemFlags & Eflag.Ac) != 0 ? MmuIndex.KernelNoSmap
        : MmuIndex.Kernel;

    internal ref SegmentRegister SegmentOf(Segment segment) =>
        ref *(SegmentRegister*)((byte*)State + CpuState.SegmentsOffset + CpuState.SegmentStride * (int)segment);

    private void RefreshContext()
    {
        var eflags = State->SystemFlags;
        var cpl = Cpl;
        var flags = (TbFlags)cpl
            | (TbFlags)((uint)Iopl << TbContext.IoplShift)
            | (TbFlags)((uint)View << TbContext.MmuIndexShift)
            | ControlFlags();
        if ((eflags & Eflag.Vm) != 0) flags |= TbFlags.Virtual8086;
        if (cpl == 3 && (eflags & Eflag.Ac) != 0 && (State->Cr0 & Cr0.Am) != 0) flags |= TbFlags.AlignmentCheck;
        _context = flags | SegmentFlags();
        _contextEflags = eflags & FlagsInContext;
        _contextStale = false;
    }

    private TbFlags ControlFlags()
    {
        var flags = TbFlags.None;
        var cr0 = State->Cr0;
        var cr4 = State->Cr4;
        if ((cr0 & Cr0.Pe) != 0) flags |= TbFlags.Protected;
        if ((cr0 & Cr0.Em) != 0) flags |= TbFlags.Emulate;
        if ((cr0 & Cr0.Ts) != 0) flags |= TbFlags.TaskSwitched;
        if ((cr0 & Cr0.Mp) != 0) flags |= TbFlags.MonitorCoprocessor;
        if ((cr4 & Cr4.OsFxsr) != 0) flags |= TbFlags.OsFxsr;
        if ((cr4 & Cr4.OsXsave) != 0 && (State->Xcr0 & (Xcr0.Sse | Xcr0.Avx)) == (Xcr0.Sse | Xcr0.Avx)) flags |= TbFlags.Avx;
        if ((cr4 & Cr4.Umip) != 0) flags |= TbFlags.Umip;
        if ((cr4 & Cr4.FsGsBase) != 0) flags |= TbFlags.FsGsBase;
        if ((cr4 & Cr4.Tsd) != 0) flags |= TbFlags.TimeStampDisable;
        if ((cr4 & Cr4.Vme) != 0) flags |= TbFlags.VirtualModeExtensions;
        if ((cr4 & Cr4.Pvi) != 0) flags |= TbFlags.ProtectedVirtualInterrupts;
        if (RaisesSimd) flags |= TbFlags.SimdExceptions;
        if (IsLongMode) flags |= TbFlags.LongMode;
        return flags;
    }

    // 64-bit code ignores the bases and limits of ES, CS, SS and DS: one canonical value for all of them keeps equal code in equal TBs.
    private TbFlags SegmentFlags()
    {
        if (IsLongMode64) return TbFlags.Code64 | TbFlags.CsBaseZero | TbFlags.FlatData;
        var flags = TbFlags.None;
        if ((State->Cs.Attributes & SegmentBits.Big) != 0) flags |= TbFlags.Code32;
        if ((State->Ss.Attributes & SegmentBits.Big) != 0) flags |= TbFlags.Stack32;
        if (State->Cs.Base == 0) flags |= TbFlags.CsBaseZero;
        if (State->Cs.Limit < ((State->Cs.Attributes & SegmentBits.Big) != 0 ? uint.MaxValue : ushort.MaxValue)) flags |= TbFlags.CodeLimit;
        if (IsFlat(State->Es) && IsFlat(State->Ss) && IsFlat(State->Ds)) flags |= TbFlags.FlatData;
        return flags;
    }

    private static bool IsFlat(in SegmentRegister segment)
    {
        const int mask = SegmentBits.Present | SegmentBits.NotSystem | SegmentBits.Code | SegmentBits.ExpandDown | SegmentBits.Writable;
        const int flat = SegmentBits.Present | SegmentBits.NotSystem | SegmentBits.Writable;
        return segment.Base == 0 && segment.Limit == uint.MaxValue && (segment.Attributes & mask) == flat;
    }
}
