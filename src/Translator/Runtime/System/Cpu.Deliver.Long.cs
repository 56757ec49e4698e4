namespace Tcg.Mttcg.Translator.Runtime;

public sealed unsafe partial class Cpu
{
    // SDM 3A 6.14. Frames are always five (six) quadwords on a 16-byte aligned stack.
    private bool TryDeliverLong(in PendingEvent e)
    {
        var gateError = e.Vector * 8u + 2;
        if (e.Vector * 16u + 15 > State->IdtLimit) return Fail(ExceptionVector.GeneralProtection, gateError);
        var at = State->IdtBase + e.Vector * 16u;
        if (!TryReadSystem(at, 8, out var raw) || !TryReadSystem(at + 8, 8, out var high)) return false;
        var gate = new Descriptor(raw);
        if (!gate.IsSystem || gate.Type is not (SystemType.InterruptGate or SystemType.TrapGate)) return Fail(ExceptionVector.GeneralProtection, gateError);
        if (e.ChecksGate && gate.Dpl < Cpl) return Fail(ExceptionVector.GeneralProtection, gateError);
        if (!gate.Present) return Fail(ExceptionVector.SegmentNotPresent, gateError);

        var selector = gate.GateSelector;
        if (IsNull(selector)) return Fail(ExceptionVector.GeneralProtection, 0);
        if (!TryReadDescriptor(selector, ExceptionVector.GeneralProtection, out var code, out var codeAt)) return false;
        if (!code.IsCode || code.Dpl > Cpl || !code.Long || code.Big) return Fail(ExceptionVector.GeneralProtection, SelectorError(selector));
        if (!code.Present) return Fail(ExceptionVector.SegmentNotPresent, SelectorError(selector));
        var target = gate.GateOffset32 | high << 32;
        if (!IsCanonical(target)) return Fail(ExceptionVector.GeneralProtection, 0);

        var inner = !code.IsConformingCode && code.Dpl < Cpl;
        var cpl = inner ? code.Dpl : Cpl;
        var top = Rsp;
        if (gate.GateStack != 0)
        {
            if (!TryReadTss(Tss64.Ist1 + (uint)(gate.GateStack - 1) * 8, 8, out top)) return false;
        }
        else if (inner && !TryReadTss(Tss64.Rsp0 + (uint)cpl * 8, 8, out top)) return false;

        var stack = new StackWriter(this, State->Ss, top & ~15UL, ulong.MaxValue, 8, ViewOf(cpl), 0, stackalloc ulong[6]);
        stack.Push(State->Ss.Selector);
        stack.Push(Rsp);
        stack.Push(SavedEflags(e));
        stack.Push(State->Cs.Selector);
        stack.Push(ReturnRip(e));
        if (e.HasErrorCode) stack.Push(e.ErrorCode);
        if (!stack.TryCommit() || !TryMarkAccessed(ref code, codeAt)) return false;

        if (inner) State->Ss = NullStack(cpl);
        Rsp = stack.Top;
        State->Cs = code.ToRegister((ushort)((selector & ~3) | cpl));
        State->Rip = target;
        EnterHandlerFlags(gate.Type == SystemType.InterruptGate);
        return true;
    }

    /// <summary>The null SS of 64-bit mode; its DPL keeps the CPL.</summary>
    internal static SegmentRegister NullStack(int cpl) => new() { Selector = (ushort)cpl, Attributes = (ushort)(cpl << SegmentBits.DplShift) };
}
