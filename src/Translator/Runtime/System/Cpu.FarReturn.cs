using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Runtime;

public sealed unsafe partial class Cpu
{
    /// <summary>RETF and RETF imm16 (SDM 2B RET).</summary>
    internal bool TryFarReturn(int size, ulong release)
    {
        var stack = PopFrom(size);
        if (!stack.TryPop(out var rip) || !stack.TryPop(out var cs)) return false;
        var selector = (ushort)cs;
        if (IsReal)
        {
            if (rip > 0xffff && rip > State->Cs.Limit) return Fail(ExceptionVector.GeneralProtection, 0);
            stack.Skip(release);
            SetStackPointer(stack.Top, StackMask);
            LoadRealSegment(Segment.Cs, selector);
            State->Rip = rip;
            return true;
        }
        if (!TryCheckReturn(selector, rip, out var code, out var codeAt)) return false;
        stack.Skip(release);
        if ((selector & 3) == Cpl)
        {
            if (!TryMarkAccessed(ref code, codeAt)) return false;
            SetStackPointer(stack.Top, StackMask);
            return EnterCode(selector, code, rip, Cpl);
        }
        if (!stack.TryPop(out var rsp) || !stack.TryPop(out var ss)) return false;
        return TryReturnOuter(selector, code, codeAt, rip, (ushort)ss, rsp + release);
    }

    /// <summary>The checks on CS:RIP that RETF and IRET share.</summary>
    private bool TryCheckReturn(ushort selector, ulong rip, out Descriptor code, out ulong codeAt)
    {
        code = default;
        codeAt = 0;
        var error = SelectorError(selector);
        if (IsNull(selector)) return Fail(ExceptionVector.GeneralProtection, 0);
        if (!TryReadDescriptor(selector, ExceptionVector.GeneralProtection, out code, out codeAt)) return false;
        var level = selector & 3;
        if (!code.IsCode || level < Cpl || (IsLongMode && code.Long && code.Big)) return Fail(ExceptionVector.GeneralProtection, error);
        if (code.IsConformingCode ? code.Dpl > level : code.Dpl != level) return Fail(ExceptionVector.GeneralProtection, error);
        if (!code.Present) return Fail(ExceptionVector.SegmentNotPresent, error);
        return TryCheckTarget(code, rip);
    }

    /// <summary>Loads CS:RIP and SS:RSP of an outer level (or, for IRET in 64-bit mode, of the same) and drops segments it may not hold.</summary>
    private bool TryReturnOuter(ushort selector, Descriptor code, ulong codeAt, ulong rip, ushort ss, ulong rsp)
    {
        var level = selector & 3;
        var to64 = IsLongMode && code.Long;
        if (!TryCheckStackSelector(ss, level, to64, out var stack) || !TryMarkAccessed(ref code, codeAt)) return false;
        var outer = level > Cpl;
        State->Ss = stack;
        SetStackPointer(rsp, to64 ? ulong.MaxValue : MaskOf(stack));
        EnterCode(selector, code, rip, level);
        if (outer) DropPrivilegedSegments();
        return true;
    }
}
