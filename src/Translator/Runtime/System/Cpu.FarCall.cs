using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Runtime;

public sealed unsafe partial class Cpu
{
    /// <summary>CALL ptr16:16/32 and m16:16/32/64 (SDM 2A CALL).</summary>
    internal bool TryFarCall(ushort selector, ulong offset, int size, ulong nextRip)
    {
        offset = Truncate(offset, size);
        if (IsReal)
        {
            if (offset > 0xffff && offset > State->Cs.Limit) return Fail(ExceptionVector.GeneralProtection, 0);
            if (!TryPushReturn(size, nextRip)) return false;
            LoadRealSegment(Segment.Cs, selector);
            State->Rip = offset;
            return true;
        }
        if (IsNull(selector)) return Fail(ExceptionVector.GeneralProtection, 0);
        if (!TryReadDescriptor(selector, ExceptionVector.GeneralProtection, out var target, out var at)) return false;
        if (target.IsCode)
        {
            if (!TryCheckDirect(selector, target) || !TryCheckTarget(target, offset)) return false;
            return TryMarkAccessed(ref target, at) && TryPushReturn(size, nextRip) && EnterCode(selector, target, offset, Cpl);
        }
        if (!target.IsSystem) return Fail(ExceptionVector.GeneralProtection, SelectorError(selector));
        if (IsTaskSwitch(target)) return TryJumpTask(selector, target, TaskSwitchKind.Call, nextRip);
        return TryReadCallGate(selector, target, at, out var gate) && TryCallGate(gate, nextRip);
    }

    private bool TryPushReturn(int slot, ulong nextRip)
    {
        var stack = PushTo(slot, stackalloc ulong[2]);
        stack.Push(State->Cs.Selector);
        stack.Push(nextRip);
        if (!stack.TryCommit()) return false;
        SetStackPointer(stack.Top, StackMask);
        return true;
    }

    private bool TryCallGate(in CallGate gate, ulong nextRip)
    {
        var code = gate.Code;
        if (!TryCheckTarget(code, gate.Offset)) return false;
        if (code.IsConformingCode || code.Dpl == Cpl)
            return TryMarkAccessed(ref code, gate.CodeAt) && TryPushReturn(gate.Slot, nextRip) && EnterCode(gate.Selector, code, gate.Offset, Cpl);

        var level = code.Dpl;
        SegmentRegister stack;
        ulong top, mask;
        if (IsLongMode)
        {
            if (!TryReadTss(Tss64.Rsp0 + (uint)level * 8, 8, out top)) return false;
            stack = NullStack(level);
            mask = ulong.MaxValue;
        }
        else
        {
            if (!TryInnerStack(level, out stack, out top)) return false;
            mask = MaskOf(stack);
        }
        var writer = new StackWriter(this, stack, top, mask, gate.Slot, ViewOf(level), SelectorError(stack.Selector), stackalloc ulong[4 + 31]);
        writer.Push(State->Ss.Selector);
        writer.Push(Rsp);
        if (!TryCopyParameters(ref writer, gate)) return false;
        writer.Push(State->Cs.Selector);
        writer.Push(nextRip);
        if (!writer.TryCommit() || !TryMarkAccessed(ref code, gate.CodeAt)) return false;
        State->Ss = stack;
        SetStackPointer(writer.Top, mask);
        return EnterCode(gate.Selector, code, gate.Offset, level);
    }

    // Parameters keep their order on the new stack: the last pushed by the caller is the last pushed here.
    private bool TryCopyParameters(ref StackWriter writer, in CallGate gate)
    {
        Span<ulong> parameters = stackalloc ulong[31];
        var old = PopFrom(gate.Slot);
        for (var i = 0; i < gate.Parameters; i++)
            if (!old.TryPop(out parameters[i])) return false;
        for (var i = gate.Parameters - 1; i >= 0; i--) writer.Push(parameters[i]);
        return true;
    }
}
