namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>What LAR, LSL, VERR and VERW want of a selector.</summary>
internal enum SelectorUse : byte { AccessRights, Limit, Read, Write }

public sealed unsafe partial class Cpu
{
    // Bit t: system type t answers (SDM 2A tables 3-52 and 3-59): TSSs and LDT have a limit, gates have access rights too.
    private const int LimitTypes = 1 << SystemType.Tss16 | 1 << SystemType.Ldt | 1 << SystemType.Tss16Busy | 1 << SystemType.Tss | 1 << SystemType.TssBusy;
    private const int RightsTypes = LimitTypes | 1 << SystemType.CallGate16 | 1 << SystemType.TaskGate | 1 << SystemType.CallGate;
    private const int LongTypes = 1 << SystemType.Ldt | 1 << SystemType.Tss | 1 << SystemType.TssBusy;

    /// <summary>Sets ZF to whether the selector may be seen so; only reading the table can fault.</summary>
    internal bool TryInspect(ushort selector, SelectorUse use, out Descriptor descriptor)
    {
        descriptor = default;
        var visible = false;
        if (!IsNull(selector) && TryFindDescriptor(selector, 8, out var at))
        {
            if (!TryReadSystem(at, 8, out var raw)) return false;
            descriptor = new Descriptor(raw);
            visible = IsVisible(selector, use, descriptor);
        }
        ZeroFlag = visible;
        return visible;
    }

    private bool IsVisible(ushort selector, SelectorUse use, Descriptor descriptor)
    {
        if (descriptor.IsSystem)
        {
            var types = use switch
            {
                SelectorUse.AccessRights => IsLongMode ? LongTypes | 1 << SystemType.CallGate : RightsTypes,
                SelectorUse.Limit => IsLongMode ? LongTypes : LimitTypes,
                _ => 0,
            };
            if ((types >> descriptor.Type & 1) == 0) return false;
        }
        if (use == SelectorUse.Read && !descriptor.IsReadable) return false;
        if (use == SelectorUse.Write && !descriptor.IsWritableData) return false;
        return descriptor.IsConformingCode || (descriptor.Dpl >= Cpl && descriptor.Dpl >= (selector & 3));
    }

    /// <summary>#GP(0) unless the privilege level is 0.</summary>
    internal bool RequireKernel() => Cpl == 0 || Fail(ExceptionVector.GeneralProtection, 0);

    internal ulong EdxEax => State->Gpr[2] << 32 | (uint)State->Gpr[0];

    internal void SetEdxEax(ulong value)
    {
        State->Gpr[0] = (uint)value;
        State->Gpr[2] = value >> 32;
    }
}
