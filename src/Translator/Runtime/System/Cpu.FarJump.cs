using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Runtime;

public sealed unsafe partial class Cpu
{
    /// <summary>JMP ptr16:16/32 and m16:16/32/64 (SDM 2A JMP). RIP and CS change together or not at all.</summary>
    internal bool TryFarJump(ushort selector, ulong offset, int size, ulong nextRip)
    {
        offset = Truncate(offset, size);
        if (IsReal) return TryFarJumpReal(selector, offset);
        if (IsNull(selector)) return Fail(ExceptionVector.GeneralProtection, 0);
        if (!TryReadDescriptor(selector, ExceptionVector.GeneralProtection, out var target, out var at)) return false;
        if (target.IsCode)
        {
            if (!TryCheckDirect(selector, target) || !TryCheckTarget(target, offset)) return false;
            return TryMarkAccessed(ref target, at) && EnterCode(selector, target, offset, Cpl);
        }
        if (!target.IsSystem) return Fail(ExceptionVector.GeneralProtection, SelectorError(selector));
        if (IsTaskSwitch(target)) return TryJumpTask(selector, target, TaskSwitchKind.Jump, nextRip);
        if (!TryReadCallGate(selector, target, at, out var gate)) return false;
        var code = gate.Code;
        if (!code.IsConformingCode && code.Dpl != Cpl) return Fail(ExceptionVector.GeneralProtection, SelectorError(gate.Selector));
        if (!TryCheckTarget(code, gate.Offset)) return false;
        return TryMarkAccessed(ref code, gate.CodeAt) && EnterCode(gate.Selector, code, gate.Offset, Cpl);
    }

    private bool TryFarJumpReal(ushort selector, ulong offset)
    {
        if (offset > 0xffff && offset > State->Cs.Limit) return Fail(ExceptionVector.GeneralProtection, 0);
        LoadRealSegment(Segment.Cs, selector);
        State->Rip = offset;
        return true;
    }

    internal static ulong Truncate(ulong offset, int size) => size switch { 2 => (ushort)offset, 4 => (uint)offset, _ => offset };

    /// <summary>Privilege and presence of a code segment that is the direct operand of a far jump or call.</summary>
    private bool TryCheckDirect(ushort selector, Descriptor code)
    {
        var error = SelectorError(selector);
        if (IsLongMode && code.Long && code.Big) return Fail(ExceptionVector.GeneralProtection, error);
        if (code.IsConformingCode ? code.Dpl > Cpl : (selector & 3) > Cpl || code.Dpl != Cpl) return Fail(ExceptionVector.GeneralProtection, error);
        return code.Present || Fail(ExceptionVector.SegmentNotPresent, error);
    }

    /// <summary>The offset lies in the code segment, or is canonical in a 64-bit one.</summary>
    private bool TryCheckTarget(Descriptor code, ulong offset) =>
        (IsLongMode && code.Long ? IsCanonical(offset) : offset <= code.Limit) || Fail(ExceptionVector.GeneralProtection, 0);

    private bool EnterCode(ushort selector, Descriptor code, ulong offset, int cpl)
    {
        State->Cs = code.ToRegister((ushort)((selector & ~3) | cpl));
        State->Rip = offset;
        InvalidateContext();
        return true;
    }

    private bool IsTaskSwitch(Descriptor target) =>
        !IsLongMode && target.Type is SystemType.TaskGate or SystemType.Tss or SystemType.Tss16;

    private bool TryJumpTask(ushort selector, Descriptor target, TaskSwitchKind kind, ulong nextRip)
    {
        if (target.Dpl < Cpl || target.Dpl < (selector & 3)) return Fail(ExceptionVector.GeneralProtection, SelectorError(selector));
        if (!target.Present) return Fail(ExceptionVector.SegmentNotPresent, SelectorError(selector));
        var tss = target.Type == SystemType.TaskGate ? target.GateSelector : selector;
        return TrySwitchTaskByGate(tss, kind, nextRip, Eflags, null);
    }

    private readonly record struct CallGate(ushort Selector, ulong Offset, int Parameters, int Slot, Descriptor Code, ulong CodeAt);

    /// <summary>A call gate and the code segment behind it, checked as far as jumps and calls agree (SDM 3A 5.8.4).</summary>
    private bool TryReadCallGate(ushort selector, Descriptor gate, ulong at, out CallGate result)
    {
        result = default;
        var error = SelectorError(selector);
        if (gate.Type != SystemType.CallGate && (IsLongMode || gate.Type != SystemType.CallGate16)) return Fail(ExceptionVector.GeneralProtection, error);
        if (gate.Dpl < Cpl || gate.Dpl < (selector & 3)) return Fail(ExceptionVector.GeneralProtection, error);
        if (!gate.Present) return Fail(ExceptionVector.SegmentNotPresent, error);
        ulong offset = gate.Type == SystemType.CallGate16 ? (ushort)gate.GateOffset32 : gate.GateOffset32;
        if (IsLongMode)
        {
            if (!TryFindDescriptor(selector, 16, out _)) return Fail(ExceptionVector.GeneralProtection, error);
            if (!TryReadSystem(at + 8, 8, out var high)) return false;
            if ((high >> 40 & 0x1f) != 0) return Fail(ExceptionVector.GeneralProtection, error);
            offset |= high << 32;
        }
        var target = gate.GateSelector;
        if (IsNull(target)) return Fail(ExceptionVector.GeneralProtection, 0);
        if (!TryReadDescriptor(target, ExceptionVector.GeneralProtection, out var code, out var codeAt)) return false;
        if (!code.IsCode || code.Dpl > Cpl || (IsLongMode && (!code.Long || code.Big))) return Fail(ExceptionVector.GeneralProtection, SelectorError(target));
        if (!code.Present) return Fail(ExceptionVector.SegmentNotPresent, SelectorError(target));
        var slot = IsLongMode ? 8 : gate.Type == SystemType.CallGate ? 4 : 2;
        result = new CallGate(target, offset, IsLongMode ? 0 : gate.GateParameters, slot, code, codeAt);
        return true;
    }
}
