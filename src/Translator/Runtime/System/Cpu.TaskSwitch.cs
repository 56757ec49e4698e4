using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Runtime;

public sealed unsafe partial class Cpu
{
    /// <summary>
    /// A hardware task switch (SDM 3A 7.3). Everything that can fault in the old task is done first; what faults after the commit is the new
    /// task's exception and leaves this true with an exception pending (interrupts) or already delivered (jumps, calls, IRET).
    /// </summary>
    internal bool TrySwitchTaskByGate(ushort selector, TaskSwitchKind kind, ulong nextRip, uint flags, uint? errorCode)
    {
        var back = kind == TaskSwitchKind.Return;
        var error = SelectorError(selector);
        var vector = back ? ExceptionVector.InvalidTss : ExceptionVector.GeneralProtection;
        if (IsNull(selector)) return Fail(vector, error);
        if (!TryReadSystemDescriptor(selector, vector, out var tss, out _, out var at)) return false;
        var wanted = back ? 2 : 0;
        if (!tss.IsSystem || (tss.Type & ~8) != (1 | wanted)) return Fail(vector, error);
        if (!tss.Present) return Fail(ExceptionVector.SegmentNotPresent, error);
        var layout = TaskLayout.Of(tss.Type);
        if (tss.Limit < layout.MinLimit) return Fail(ExceptionVector.InvalidTss, error);

        if (!TryReadTask(tss.Base, layout, out var image) || !TryProbeTask(State->Tr.Base, TaskLayout.Of(State->Tr.Attributes))) return false;
        if (!SaveTask(nextRip, back ? flags & ~Eflag.Nt : flags)) return false;
        if (kind is TaskSwitchKind.Jump or TaskSwitchKind.Return && !TrySetBusy(State->Tr.Selector, false)) return false;
        var nested = kind is TaskSwitchKind.Call or TaskSwitchKind.Interrupt;
        if (nested && !TryWriteSystem(tss.Base + Tss.Link, 2, State->Tr.Selector)) return false;
        if (!back && !TryWriteSystem(at + 5, 1, (tss.Raw >> 40 & 0xff) | 2)) return false;
        if (nested) image.Flags |= Eflag.Nt;

        State->Tr = tss.ToRegister(selector);
        State->Tr.Attributes |= 2;
        EnterTask(image, layout, errorCode);
        if (kind != TaskSwitchKind.Interrupt && _hasPending && !DeliverPending()) Ports.Machine.Reset();
        return true;
    }

    private bool TrySetBusy(ushort selector, bool busy)
    {
        if (!TryFindDescriptor(selector, 8, out var at) || !TryReadSystem(at + 5, 1, out var type)) return !_hasPending;
        return TryWriteSystem(at + 5, 1, busy ? type | 2 : type & ~2UL);
    }

    private bool TryReadTask(ulong at, TaskLayout layout, out TaskImage image)
    {
        image = default;
        if (!TryReadSystem(at + layout.Ip, layout.Slot, out image.Ip) || !TryReadSystem(at + layout.Flags, layout.Slot, out image.Flags)) return false;
        for (var i = 0; i < 8; i++)
            if (!TryReadSystem(at + layout.Registers + (uint)(i * layout.Slot), layout.Slot, out image.Registers[i])) return false;
        for (var i = 0; i < layout.SegmentCount; i++)
        {
            if (!TryReadSystem(at + layout.Segments + (uint)(i * layout.Slot), 2, out var segment)) return false;
            image.Segments[i] = (ushort)segment;
        }
        if (!TryReadSystem(at + layout.Ldt, 2, out var ldt)) return false;
        image.Ldt = (ushort)ldt;
        if (layout.Slot == 2) return true;
        if (!TryReadSystem(at + Tss.Cr3, 4, out image.Cr3) || !TryReadSystem(at + Tss.Trap, 2, out var trap)) return false;
        image.Trap = (trap & 1) != 0;
        return true;
    }

    private bool TryProbeTask(ulong at, TaskLayout layout) =>
        TryProbeWrite(new GuestVirtual((uint)(at + layout.Ip)), layout.Slot, MmuIndex.Kernel)
        && TryProbeWrite(new GuestVirtual((uint)(at + layout.Segments + (uint)((layout.SegmentCount - 1) * layout.Slot))), 2, MmuIndex.Kernel);

    private bool SaveTask(ulong nextRip, uint flags)
    {
        var layout = TaskLayout.Of(State->Tr.Attributes);
        var at = State->Tr.Base;
        if (!TryWriteSystem(at + layout.Ip, layout.Slot, nextRip) || !TryWriteSystem(at + layout.Flags, layout.Slot, flags)) return false;
        for (var i = 0; i < 8; i++)
            if (!TryWriteSystem(at + layout.Registers + (uint)(i * layout.Slot), layout.Slot, State->Gpr[i])) return false;
        for (var i = 0; i < layout.SegmentCount; i++)
            if (!TryWriteSystem(at + layout.Segments + (uint)(i * layout.Slot), 2, SegmentOf((Segment)i).Selector)) return false;
        return true;
    }

    private void EnterTask(TaskImage image, TaskLayout layout, uint? errorCode)
    {
        var upper = layout.Slot == 2 ? 0xffff0000UL : 0;
        for (var i = 0; i < 8; i++) State->Gpr[i] = image.Registers[i] | upper;
        State->Rip = image.Ip;
        Eflags = (uint)image.Flags;
        State->Cr0 |= Cr0.Ts;
        ResumeLoaded = true;
        // Local breakpoints end with the task (SDM 3B 18.2.4).
        State->Dr[7] &= ~Dr.Dr7LocalMask;
        RefreshBreakpoints();
        if (layout.Slot == 4 && (State->Cr0 & Cr0.Pg) != 0 && !TryWriteCr3(image.Cr3)) return;
        for (var i = 0; i < 6; i++) SegmentOf((Segment)i) = new SegmentRegister { Selector = image.Segments[i] };
        State->Ldtr = new SegmentRegister { Selector = image.Ldt };
        InvalidateContext();
        if (!TryLoadTaskLdt(image.Ldt) || !TryLoadTaskSegments(image)) return;
        if (errorCode is { } code)
        {
            var stack = PushTo(layout.Slot, stackalloc ulong[1]);
            stack.Push(code);
            if (!stack.TryCommit()) return;
            SetStackPointer(stack.Top, StackMask);
        }
        if (State->Rip > State->Cs.Limit) Raise(ExceptionVector.GeneralProtection, 0);
        else if (image.Trap)
        {
            State->Dr[6] |= Dr.Dr6TaskSwitch;
            Record(new PendingEvent(ExceptionVector.Debug, InterruptSource.Trap, false, 0, 0));
        }
    }

    private bool TryLoadTaskLdt(ushort selector)
    {
        if (IsNull(selector)) return true;
        var error = SelectorError(selector);
        if (!TryReadSystemDescriptor(selector, ExceptionVector.InvalidTss, out var ldt, out _, out _)) return false;
        if (!ldt.IsSystem || ldt.Type != SystemType.Ldt || !ldt.Present) return Fail(ExceptionVector.InvalidTss, error);
        State->Ldtr = ldt.ToRegister(selector);
        return true;
    }

    private bool TryLoadTaskSegments(in TaskImage image)
    {
        if (IsVirtual8086)
        {
            for (var i = 0; i < 6; i++) LoadRealSegment((Segment)i, image.Segments[i]);
            return true;
        }
        var cs = image.Segments[(int)Segment.Cs];
        var level = cs & 3;
        if (IsNull(cs)) return Fail(ExceptionVector.InvalidTss, 0);
        if (!TryReadDescriptor(cs, ExceptionVector.InvalidTss, out var code, out var codeAt)) return false;
        if (!code.IsCode || (code.IsConformingCode ? code.Dpl > level : code.Dpl != level)) return Fail(ExceptionVector.InvalidTss, SelectorError(cs));
        if (!code.Present) return Fail(ExceptionVector.SegmentNotPresent, SelectorError(cs));
        if (!TryMarkAccessed(ref code, codeAt)) return false;
        State->Cs = code.ToRegister(cs);
        InvalidateContext();
        if (!TryLoadInnerStack(image.Segments[(int)Segment.Ss], level, out var stack)) return false;
        State->Ss = stack;
        return TryTaskData(Segment.Es, image) && TryTaskData(Segment.Ds, image) && TryTaskData(Segment.Fs, image) && TryTaskData(Segment.Gs, image);
    }

    private bool TryTaskData(Segment segment, in TaskImage image)
    {
        var selector = image.Segments[(int)segment];
        if (IsNull(selector)) return true;
        if (!TryReadDescriptor(selector, ExceptionVector.InvalidTss, out var data, out _)) return false;
        var visible = data.IsReadable && (data.IsConformingCode || ((selector & 3) <= data.Dpl && Cpl <= data.Dpl));
        return visible ? TryLoadDataSegment(segment, selector) : Fail(ExceptionVector.InvalidTss, SelectorError(selector));
    }
}
