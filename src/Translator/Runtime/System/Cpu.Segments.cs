using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Runtime;

public sealed unsafe partial class Cpu
{
    /// <summary>MOV and POP to a segment register, LDS and the like, in the mode that holds. False: a fault is pending.</summary>
    internal bool TryLoadSegment(Segment segment, ushort selector)
    {
        if (IsReal)
        {
            LoadRealSegment(segment, selector);
            return true;
        }
        return segment == Segment.Ss ? TryLoadStackSegment(selector) : TryLoadDataSegment(segment, selector);
    }

    /// <summary>
    /// Real mode changes selector and base only: limit and attributes stay, which is what "unreal mode" lives on. V8086 mode loads all
    /// (SDM 3A 21.1.1).
    /// </summary>
    internal void LoadRealSegment(Segment segment, ushort selector)
    {
        ref var register = ref SegmentOf(segment);
        register.Selector = selector;
        register.Base = (ulong)selector << 4;
        if (IsVirtual8086)
        {
            register.Limit = 0xffff;
            register.Attributes = SegmentBits.RealData | SegmentBits.DplMask;
        }
        else if ((register.Attributes & SegmentBits.Present) == 0)
        {
            register.Limit = 0xffff;
            register.Attributes = SegmentBits.RealData;
        }
        else
        {
            register.Attributes &= unchecked((ushort)~SegmentBits.DplMask);
        }
        InvalidateContext();
    }

    private bool TryLoadStackSegment(ushort selector)
    {
        if (!TryCheckStackSelector(selector, Cpl, IsLongMode64, out var register)) return false;
        State->Ss = register;
        InvalidateContext();
        return true;
    }

    /// <summary>The checks of a load of SS at a privilege level (SDM 2B MOV); also for returns to an outer level. Sets the accessed bit.</summary>
    private bool TryCheckStackSelector(ushort selector, int level, bool to64, out SegmentRegister register)
    {
        register = default;
        var error = SelectorError(selector);
        if (IsNull(selector))
        {
            if (!to64 || level == 3 || (selector & 3) != level) return Fail(ExceptionVector.GeneralProtection, 0);
            register = NullStack(level);
            register.Selector = selector;
            return true;
        }
        if (!TryReadDescriptor(selector, ExceptionVector.GeneralProtection, out var data, out var at)) return false;
        if ((selector & 3) != level || !data.IsWritableData || data.Dpl != level) return Fail(ExceptionVector.GeneralProtection, error);
        if (!data.Present) return Fail(ExceptionVector.StackFault, error);
        if (!TryMarkAccessed(ref data, at)) return false;
        register = data.ToRegister(selector);
        return true;
    }

    private bool TryLoadDataSegment(Segment segment, ushort selector)
    {
        if (IsNull(selector))
        {
            SegmentOf(segment) = new SegmentRegister { Selector = selector };
            InvalidateContext();
            return true;
        }
        var error = SelectorError(selector);
        if (!TryReadDescriptor(selector, ExceptionVector.GeneralProtection, out var data, out var at)) return false;
        if (!data.IsReadable) return Fail(ExceptionVector.GeneralProtection, error);
        if (!data.IsConformingCode && ((selector & 3) > data.Dpl || Cpl > data.Dpl)) return Fail(ExceptionVector.GeneralProtection, error);
        if (!data.Present) return Fail(ExceptionVector.SegmentNotPresent, error);
        if (!TryMarkAccessed(ref data, at)) return false;
        SegmentOf(segment) = data.ToRegister(selector);
        InvalidateContext();
        return true;
    }

    /// <summary>After a return to an outer level: data segments that it may not hold become null (SDM 3A 5.8.6).</summary>
    private void DropPrivilegedSegments()
    {
        Drop(ref State->Es);
        Drop(ref State->Ds);
        Drop(ref State->Fs);
        Drop(ref State->Gs);

        void Drop(ref SegmentRegister register)
        {
            const int conformingCode = SegmentBits.Code | SegmentBits.Conforming;
            // An unusable register keeps its base: FS and GS of a 64-bit program live with null selectors.
            if ((register.Attributes & SegmentBits.Present) == 0) return;
            var dpl = (register.Attributes & SegmentBits.DplMask) >> SegmentBits.DplShift;
            if ((register.Attributes & conformingCode) != conformingCode && dpl < Cpl) register = default;
        }
    }

    /// <summary>Limit, type and presence of a data access outside 64-bit mode (SDM 3A 5.3, 5.4). False: #SS(0) for SS, else #GP(0).</summary>
    internal bool CheckSegment(Segment segment, ulong offset, int bytes, bool write) =>
        MayAccess(segment, offset, bytes, write) || Fail(segment == Segment.Ss ? ExceptionVector.StackFault : ExceptionVector.GeneralProtection, 0);

    /// <summary>As <see cref="CheckSegment"/>, raising nothing.</summary>
    internal bool MayAccess(Segment segment, ulong offset, int bytes, bool write)
    {
        ref var register = ref SegmentOf(segment);
        return IsWithin(register, offset, bytes) && (IsReal || Allows(register.Attributes, write));
    }

    private static bool Allows(int attributes, bool write)
    {
        if ((attributes & SegmentBits.Present) == 0) return false;
        var code = (attributes & SegmentBits.Code) != 0;
        return write ? !code && (attributes & SegmentBits.Writable) != 0 : !code || (attributes & SegmentBits.Readable) != 0;
    }

    internal bool TryLoadLdt(ushort selector)
    {
        if (IsNull(selector))
        {
            State->Ldtr = new SegmentRegister { Selector = selector };
            return true;
        }
        if (!TryReadSystemDescriptor(selector, ExceptionVector.GeneralProtection, out var ldt, out var high, out _)) return false;
        if (!ldt.IsSystem || ldt.Type != SystemType.Ldt) return Fail(ExceptionVector.GeneralProtection, SelectorError(selector));
        if (!ldt.Present) return Fail(ExceptionVector.SegmentNotPresent, SelectorError(selector));
        State->Ldtr = ldt.ToRegister(selector);
        State->Ldtr.Base |= high << 32;
        return true;
    }

    internal bool TryLoadTaskRegister(ushort selector)
    {
        var error = SelectorError(selector);
        if (IsNull(selector)) return Fail(ExceptionVector.GeneralProtection, 0);
        if (!TryReadSystemDescriptor(selector, ExceptionVector.GeneralProtection, out var tss, out var high, out var at)) return false;
        if (!tss.IsSystem || (tss.Type != SystemType.Tss && (IsLongMode || tss.Type != SystemType.Tss16))) return Fail(ExceptionVector.GeneralProtection, error);
        if (!tss.Present) return Fail(ExceptionVector.SegmentNotPresent, error);
        if (!TryWriteSystem(at + 5, 1, (tss.Raw >> 40 & 0xff) | 2)) return false;
        State->Tr = tss.ToRegister(selector);
        State->Tr.Base |= high << 32;
        State->Tr.Attributes |= 2;
        return true;
    }

    /// <summary>A descriptor of a system segment in the GDT; 16 bytes in long mode, of which <paramref name="high"/> is the base's upper half.</summary>
    private bool TryReadSystemDescriptor(ushort selector, int vector, out Descriptor descriptor, out ulong high, out ulong at)
    {
        descriptor = default;
        high = 0;
        at = 0;
        if ((selector & 4) != 0 || !TryFindDescriptor(selector, IsLongMode ? 16 : 8, out at)) return Fail(vector, SelectorError(selector));
        if (!TryReadSystem(at, 8, out var raw)) return false;
        if (IsLongMode)
        {
            if (!TryReadSystem(at + 8, 8, out high)) return false;
            if ((high >> 40 & 0x1f) != 0) return Fail(vector, SelectorError(selector));
            high &= uint.MaxValue;
        }
        descriptor = new Descriptor(raw);
        return !IsLongMode || IsCanonical(descriptor.Base | high << 32) || Fail(vector, SelectorError(selector));
    }
}
