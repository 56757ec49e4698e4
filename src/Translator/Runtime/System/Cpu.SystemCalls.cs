using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Runtime;

public sealed unsafe partial class Cpu
{
    // Fixed hidden parts of SYSCALL, SYSENTER and their returns: flat, present, accessed (SDM 2B).
    private const int FlatCode = SegmentBits.RealCode | SegmentBits.Granular, FlatStack = SegmentBits.RealData | SegmentBits.Granular | SegmentBits.Big;

    /// <summary>SYSCALL (SDM 2B): only in 64-bit mode, as Intel's processors have it.</summary>
    internal void SysCall(ulong nextRip)
    {
        if (!IsLongMode64 || (State->Efer & Efer.Sce) == 0)
        {
            Raise(ExceptionVector.InvalidOpcode);
            return;
        }
        State->Gpr[1] = nextRip;
        var flags = Eflags & ~Eflag.Rf;
        State->Gpr[11] = flags;
        Eflags = flags & ~(uint)State->SfMask;
        _stepMasked = (flags & Eflag.Tf) != 0 && !SingleStepping;
        EnterFlat((ushort)(State->Star >> 32 & 0xfffc), 8, 0, true);
        State->Rip = State->LStar;
    }

    /// <summary>SYSRET to 64-bit code (operand size 8) or to compatibility mode.</summary>
    internal void SysRet(int size)
    {
        if (!IsLongMode64 || (State->Efer & Efer.Sce) == 0)
        {
            Raise(ExceptionVector.InvalidOpcode);
            return;
        }
        var rip = size == 8 ? State->Gpr[1] : (uint)State->Gpr[1];
        if (Cpl != 0 || !IsCanonical(rip))
        {
            Raise(ExceptionVector.GeneralProtection, 0);
            return;
        }
        Eflags = (uint)State->Gpr[11] & Eflag.Known & ~(Eflag.Rf | Eflag.Vm);
        var selector = (ushort)(State->Star >> 48);
        EnterFlat((ushort)((size == 8 ? selector + 16 : selector) | 3), 0, 3, size == 8);
        SetFlatStack((ushort)((selector + 8) | 3), 3);
        State->Rip = rip;
    }

    internal void SysEnter()
    {
        var selector = (ushort)(State->SysEnterCs & 0xfffc);
        if (!IsProtected || selector == 0)
        {
            Raise(ExceptionVector.GeneralProtection, 0);
            return;
        }
        State->SystemFlags &= ~(Eflag.Vm | Eflag.If);
        EnterFlat(selector, 8, 0, IsLongMode);
        Rsp = IsLongMode ? State->SysEnterEsp : (uint)State->SysEnterEsp;
        State->Rip = IsLongMode ? State->SysEnterEip : (uint)State->SysEnterEip;
    }

    internal void SysExit(int size)
    {
        var selector = (ushort)(State->SysEnterCs & 0xfffc);
        var rip = State->Gpr[2];
        var rsp = State->Gpr[1];
        if (!IsProtected || selector == 0 || Cpl != 0 || (size == 8 && !(IsCanonical(rip) && IsCanonical(rsp))))
        {
            Raise(ExceptionVector.GeneralProtection, 0);
            return;
        }
        EnterFlat((ushort)((selector + (size == 8 ? 32 : 16)) | 3), 8, 3, size == 8);
        Rsp = size == 8 ? rsp : (uint)rsp;
        State->Rip = size == 8 ? rip : (uint)rip;
    }

    /// <summary>CS, and SS a fixed distance above it (0: left alone), become flat segments of the level.</summary>
    private void EnterFlat(ushort selector, int stackDistance, int level, bool to64)
    {
        var attributes = FlatCode | (level << SegmentBits.DplShift) | (to64 ? SegmentBits.Long : SegmentBits.Big);
        SetSegment(Segment.Cs, selector, 0, uint.MaxValue, (ushort)attributes);
        if (stackDistance != 0) SetFlatStack((ushort)(selector + stackDistance), level);
    }

    private void SetFlatStack(ushort selector, int level) =>
        SetSegment(Segment.Ss, selector, 0, uint.MaxValue, (ushort)(FlatStack | (level << SegmentBits.DplShift)));

    internal void SwapGs()
    {
        if (!IsLongMode64) Raise(ExceptionVector.InvalidOpcode);
        else if (Cpl != 0) Raise(ExceptionVector.GeneralProtection, 0);
        else (State->Gs.Base, State->KernelGsBase) = (State->KernelGsBase, State->Gs.Base);
    }
}
