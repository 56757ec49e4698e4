namespace Tcg.Mttcg.Translator.Runtime;

public sealed unsafe partial class Cpu
{
    private const uint TscDeadline = 0x6e0;
    private const ulong PatAfterReset = 0x0007_0406_0007_0406;

    private readonly Dictionary<uint, (ulong Value, PlainMsr Row)> _plainMsrs = [];

    /// <summary>RDMSR without its register operands. False: no such register, or it cannot be read; nothing is raised.</summary>
    public bool TryReadMsr(uint index, out ulong value)
    {
        value = 0;
        if (MsrTable.RowOf.TryGetValue(index, out var at))
        {
            ref readonly var row = ref MsrTable.Rows[at];
            if (row.Read == null || !row.IsOf(Model)) return false;
            value = row.Read(this);
            return true;
        }
        if (_plainMsrs.TryGetValue(index, out var plain))
        {
            value = plain.Value;
            return true;
        }
        if (!IsApicMsr(index) || !Ports.Interrupts.TryReadMsr(index, out value)) return false;
        if (index == TscDeadline && value != 0) value += State->TscAdjust;
        return true;
    }

    /// <summary>WRMSR without its register operands. False: refused; nothing is raised.</summary>
    public bool TryWriteMsr(uint index, ulong value)
    {
        if (MsrTable.RowOf.TryGetValue(index, out var at))
        {
            ref readonly var row = ref MsrTable.Rows[at];
            return row.Write != null && row.IsOf(Model) && row.Write(this, value);
        }
        if (_plainMsrs.TryGetValue(index, out var plain))
        {
            if (((value ^ plain.Value) & ~plain.Row.Writable) != 0 || plain.Row.Takes?.Invoke(Model, index, value) == false) return false;
            _plainMsrs[index] = (value, plain.Row);
            return true;
        }
        if (index == TscDeadline && value != 0) value = InMachineTime(value);
        return IsApicMsr(index) && Ports.Interrupts.TryWriteMsr(index, value);
    }

    /// <summary>This processor's time-stamp counter.</summary>
    internal ulong TimeStamp => Ports.Tsc.Read() + State->TscAdjust;

    /// <summary>Sets IA32_TSC_ADJUST. A deadline that is armed stays what it is in the guest's counting.</summary>
    internal void AdjustTsc(ulong value)
    {
        var armed = Ports.Interrupts.TryReadMsr(TscDeadline, out var deadline) && deadline != 0;
        var seen = deadline + State->TscAdjust;
        State->TscAdjust = value;
        if (armed) Ports.Interrupts.TryWriteMsr(TscDeadline, InMachineTime(seen));
    }

    // The timer counts in the machine's time; what was before its start is past, and 0 would disarm.
    private ulong InMachineTime(ulong deadline) =>
        (long)State->TscAdjust > 0 && deadline <= State->TscAdjust ? 1 : deadline - State->TscAdjust;

    // IA32_APIC_BASE, x2APIC and IA32_TSC_DEADLINE.
    private static bool IsApicMsr(uint index) => index is 0x1b or TscDeadline or (>= 0x800 and <= 0x8ff);

    private void ResetMsrs()
    {
        State->Pat = PatAfterReset;
        foreach (var row in MsrTable.Plain.Where(row => row.Needs is not { } feature || Model.Features.Has(feature)))
            for (uint i = 0; i < row.Count; i++) _plainMsrs[row.Index + i] = (row.Reset, row);
    }
}
