namespace Tcg.Mttcg.Translator.Runtime;

public sealed unsafe partial class Cpu
{
    private const ulong PatAfterReset = 0x0007_0406_0007_0406;

    private readonly Dictionary<uint, (ulong Value, ulong Writable)> _plainMsrs = [];

    /// <summary>RDMSR without its register operands. False: no such register, or it cannot be read; nothing is raised.</summary>
    public bool TryReadMsr(uint index, out ulong value)
    {
        value = 0;
        if (MsrTable.RowOf.TryGetValue(index, out var at))
        {
            ref readonly var row = ref MsrTable.Rows[at];
            if (row.Read == null) return false;
            value = row.Read(this);
            return true;
        }
        if (_plainMsrs.TryGetValue(index, out var plain))
        {
            value = plain.Value;
            return true;
        }
        return IsApicMsr(index) && Ports.Interrupts.TryReadMsr(index, out value);
    }

    /// <summary>WRMSR without its register operands. False: refused; nothing is raised.</summary>
    public bool TryWriteMsr(uint index, ulong value)
    {
        if (MsrTable.RowOf.TryGetValue(index, out var at))
        {
            ref readonly var row = ref MsrTable.Rows[at];
            return row.Write != null && row.Write(this, value);
        }
        if (_plainMsrs.TryGetValue(index, out var plain))
        {
            if (((value ^ plain.Value) & ~plain.Writable) != 0) return false;
            _plainMsrs[index] = (value, plain.Writable);
            return true;
        }
        return IsApicMsr(index) && Ports.Interrupts.TryWriteMsr(index, value);
    }

    // IA32_APIC_BASE, x2APIC and IA32_TSC_DEADLINE.
    private static bool IsApicMsr(uint index) => index is 0x1b or 0x6e0 or (>= 0x800 and <= 0x8ff);

    private void ResetMsrs()
    {
        State->Pat = PatAfterReset;
        foreach (var row in MsrTable.Plain)
            for (uint i = 0; i < row.Count; i++) _plainMsrs[row.Index + i] = (row.Reset, row.Writable);
    }
}
