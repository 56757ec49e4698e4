using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Runtime;

public sealed unsafe partial class Cpu
{
    private const uint ReturnFlags16 = Eflag.Arithmetic | Eflag.Tf | Eflag.Df | Eflag.Nt;
    private const uint ReturnFlags32 = ReturnFlags16 | Eflag.Rf | Eflag.Ac | Eflag.Id;

    /// <summary>IRET, IRETD, IRETQ (SDM 2A IRET).</summary>
    internal bool TryInterruptReturn(int size)
    {
        State->NmiBlocked = 0;
        ResumeLoaded = true;
        if (!IsProtected) return TryReturnReal(size, Eflag.If | Eflag.IoplMask);
        if (IsVirtual8086) return TryReturnVirtual(size);
        if ((State->SystemFlags & Eflag.Nt) != 0) return IsLongMode ? Fail(ExceptionVector.GeneralProtection, 0) : TryReturnTask(size);

        var stack = PopFrom(size);
        if (!stack.TryPop(out var rip) || !stack.TryPop(out var cs) || !stack.TryPop(out var flags)) return false;
        var selector = (ushort)cs;
        var mask = ReturnMask(size);
        if (!IsLongMode && size == 4 && (flags & Eflag.Vm) != 0 && Cpl == 0) return TryReturnToVirtual(ref stack, rip, selector, (uint)flags);
        if (!TryCheckReturn(selector, rip, out var code, out var codeAt)) return false;
        // 64-bit mode always pops the stack pointer, also to the same level.
        if (!IsLongMode64 && (selector & 3) == Cpl)
        {
            if (!TryMarkAccessed(ref code, codeAt)) return false;
            SetStackPointer(stack.Top, StackMask);
            SetEflags((uint)flags, mask);
            return EnterCode(selector, code, rip, Cpl);
        }
        if (!stack.TryPop(out var rsp) || !stack.TryPop(out var ss)) return false;
        if (!TryReturnOuter(selector, code, codeAt, rip, (ushort)ss, rsp)) return false;
        SetEflags((uint)flags, mask);
        return true;
    }

    /// <summary>Which flags an IRET in protected mode may change, by CPL and IOPL before it.</summary>
    private uint ReturnMask(int size)
    {
        var mask = size == 2 ? ReturnFlags16 : ReturnFlags32;
        if (Cpl <= Iopl) mask |= Eflag.If;
        if (Cpl == 0) mask |= Eflag.IoplMask | (size == 2 ? 0 : Eflag.Vif | Eflag.Vip);
        return mask;
    }

    private bool TryReturnReal(int size, uint privileged)
    {
        var stack = PopFrom(size);
        if (!stack.TryPop(out var rip) || !stack.TryPop(out var cs) || !stack.TryPop(out var flags)) return false;
        if (rip > 0xffff && rip > State->Cs.Limit) return Fail(ExceptionVector.GeneralProtection, 0);
        SetStackPointer(stack.Top, StackMask);
        LoadRealSegment(Segment.Cs, (ushort)cs);
        State->Rip = rip;
        SetEflags((uint)flags, (size == 2 ? ReturnFlags16 : ReturnFlags32) | privileged);
        return true;
    }

    private bool TryReturnVirtual(int size)
    {
        if (Iopl == 3) return TryReturnReal(size, Eflag.If);
        if (size != 2 || (State->Cr4 & Cr4.Vme) == 0) return Fail(ExceptionVector.GeneralProtection, 0);
        // SDM 3B 21.3.4: with VME, IRET moves VIF instead of IF.
        var stack = PopFrom(2);
        if (!stack.TryPop(out var rip) || !stack.TryPop(out var cs) || !stack.TryPop(out var flags)) return false;
        var enables = (flags & Eflag.If) != 0;
        if ((enables && (State->SystemFlags & Eflag.Vip) != 0) || (flags & Eflag.Tf) != 0) return Fail(ExceptionVector.GeneralProtection, 0);
        SetStackPointer(stack.Top, StackMask);
        LoadRealSegment(Segment.Cs, (ushort)cs);
        State->Rip = rip;
        SetEflags((uint)flags & 0xffff | (enables ? Eflag.Vif : 0), (ReturnFlags16 & ~Eflag.Tf) | Eflag.Vif);
        return true;
    }

    private bool TryReturnToVirtual(ref StackReader stack, ulong rip, ushort cs, uint flags)
    {
        Span<ulong> words = stackalloc ulong[6];
        for (var i = 0; i < words.Length; i++)
            if (!stack.TryPop(out words[i])) return false;
        if (rip > 0xffff) return Fail(ExceptionVector.GeneralProtection, 0);
        Eflags = flags;
        LoadRealSegment(Segment.Cs, cs);
        LoadRealSegment(Segment.Ss, (ushort)words[1]);
        LoadRealSegment(Segment.Es, (ushort)words[2]);
        LoadRealSegment(Segment.Ds, (ushort)words[3]);
        LoadRealSegment(Segment.Fs, (ushort)words[4]);
        LoadRealSegment(Segment.Gs, (ushort)words[5]);
        Rsp = (uint)words[0];
        State->Rip = rip;
        return true;
    }

    // NT: back to the task that this one's TSS links to.
    private bool TryReturnTask(int size)
    {
        if (!TryReadTss(Tss.Link, 2, out var link)) return false;
        // IRET is one byte, and one prefix when its operand size is not the segment's own.
        var wide = (State->Cs.Attributes & SegmentBits.Big) != 0;
        var nextRip = CurrentRip() + (wide == (size == 4) ? 1u : 2u);
        return TrySwitchTaskByGate((ushort)link, TaskSwitchKind.Return, nextRip, Eflags, null);
    }
}
