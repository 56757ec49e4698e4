using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Runtime;

public sealed unsafe partial class Cpu
{
    // SDM 3A 6.12 and the INT n pseudo-code of SDM 2A, PROTECTED-MODE.
    private bool TryDeliverProtected(in PendingEvent e)
    {
        var gateError = e.Vector * 8u + 2;
        if (e.Vector * 8u + 7 > State->IdtLimit) return Fail(ExceptionVector.GeneralProtection, gateError);
        if (!TryReadSystem(State->IdtBase + e.Vector * 8u, 8, out var raw)) return false;
        var gate = new Descriptor(raw);
        if (!gate.IsSystem || gate.Type is not (SystemType.TaskGate or SystemType.InterruptGate16 or SystemType.TrapGate16
            or SystemType.InterruptGate or SystemType.TrapGate)) return Fail(ExceptionVector.GeneralProtection, gateError);
        if (e.ChecksGate && gate.Dpl < Cpl) return Fail(ExceptionVector.GeneralProtection, gateError);
        if (!gate.Present) return Fail(ExceptionVector.SegmentNotPresent, gateError);
        return gate.Type == SystemType.TaskGate
            ? TrySwitchTaskByGate(gate.GateSelector, TaskSwitchKind.Interrupt, ReturnRip(e), SavedEflags(e), e.HasErrorCode ? e.ErrorCode : null)
            : TryEnterGate(e, gate);
    }

    private bool TryEnterGate(in PendingEvent e, Descriptor gate)
    {
        var selector = gate.GateSelector;
        if (IsNull(selector)) return Fail(ExceptionVector.GeneralProtection, 0);
        if (!TryReadDescriptor(selector, ExceptionVector.GeneralProtection, out var code, out var codeAt)) return false;
        if (!code.IsCode || code.Dpl > Cpl) return Fail(ExceptionVector.GeneralProtection, SelectorError(selector));
        if (!code.Present) return Fail(ExceptionVector.SegmentNotPresent, SelectorError(selector));
        var inner = !code.IsConformingCode && code.Dpl < Cpl;
        if (IsVirtual8086 && (!inner || code.Dpl != 0)) return Fail(ExceptionVector.GeneralProtection, SelectorError(selector));

        var wide = gate.Type is SystemType.InterruptGate or SystemType.TrapGate;
        var target = wide ? gate.GateOffset32 : gate.GateOffset32 & 0xffff;
        if (target > code.Limit) return Fail(ExceptionVector.GeneralProtection, 0);

        var cpl = inner ? code.Dpl : Cpl;
        var stack = State->Ss;
        ulong top = Rsp;
        if (inner && !TryInnerStack(cpl, out stack, out top)) return false;
        var mask = MaskOf(stack);
        var error = inner ? SelectorError(stack.Selector) : 0;
        var writer = new StackWriter(this, stack, top, mask, wide ? 4 : 2, ViewOf(cpl), error, stackalloc ulong[10]);
        PushFrame(ref writer, e, inner);
        if (!writer.TryCommit() || !TryMarkAccessed(ref code, codeAt)) return false;

        if (IsVirtual8086) ClearDataSegments();
        if (inner) State->Ss = stack;
        SetStackPointer(writer.Top, mask);
        State->Cs = code.ToRegister((ushort)((selector & ~3) | cpl));
        State->Rip = target;
        EnterHandlerFlags(gate.Type is SystemType.InterruptGate or SystemType.InterruptGate16);
        return true;
    }

    private void PushFrame(ref StackWriter writer, in PendingEvent e, bool inner)
    {
        if (IsVirtual8086)
        {
            writer.Push(State->Gs.Selector);
            writer.Push(State->Fs.Selector);
            writer.Push(State->Ds.Selector);
            writer.Push(State->Es.Selector);
        }
        if (inner)
        {
            writer.Push(State->Ss.Selector);
            writer.Push(Rsp);
        }
        writer.Push(SavedEflags(e));
        writer.Push(State->Cs.Selector);
        writer.Push(ReturnRip(e));
        if (e.HasErrorCode) writer.Push(e.ErrorCode);
    }

    private void EnterHandlerFlags(bool interruptGate)
    {
        State->SystemFlags &= ~(Eflag.Tf | Eflag.Vm | Eflag.Rf | Eflag.Nt | (interruptGate ? Eflag.If : 0));
        InvalidateContext();
    }

    private void ClearDataSegments()
    {
        State->Es = State->Ds = State->Fs = State->Gs = default;
    }

    /// <summary>The stack of an inner level as the TSS names it, checked as such (SDM 3A 5.8.5). Sets the accessed bit.</summary>
    private bool TryInnerStack(int level, out SegmentRegister stack, out ulong top)
    {
        stack = default;
        top = 0;
        var wide = (State->Tr.Attributes & 8) != 0;
        var slot = wide ? 4u : 2u;
        var at = wide ? 4 + (uint)level * 8 : 2 + (uint)level * 4;
        if (at + slot + 1 > State->Tr.Limit) return Fail(ExceptionVector.InvalidTss, SelectorError(State->Tr.Selector));
        if (!TryReadTss(at, (int)slot, out top) || !TryReadTss(at + slot, 2, out var selector)) return false;
        return TryLoadInnerStack((ushort)selector, level, out stack);
    }

    private bool TryLoadInnerStack(ushort selector, int level, out SegmentRegister stack)
    {
        stack = default;
        var error = SelectorError(selector);
        if (IsNull(selector)) return Fail(ExceptionVector.InvalidTss, 0);
        if (!TryReadDescriptor(selector, ExceptionVector.InvalidTss, out var data, out var at)) return false;
        if ((selector & 3) != level || data.Dpl != level || !data.IsWritableData) return Fail(ExceptionVector.InvalidTss, error);
        if (!data.Present) return Fail(ExceptionVector.StackFault, error);
        if (!TryMarkAccessed(ref data, at)) return false;
        stack = data.ToRegister(selector);
        return true;
    }

    /// <summary>Reads from the current TSS; beyond its limit: #TS(TR).</summary>
    internal bool TryReadTss(uint offset, int bytes, out ulong value)
    {
        value = 0;
        if ((ulong)offset + (uint)bytes - 1 > State->Tr.Limit) return Fail(ExceptionVector.InvalidTss, SelectorError(State->Tr.Selector));
        return TryReadSystem(State->Tr.Base + offset, bytes, out value);
    }
}
