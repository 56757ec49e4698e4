using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Paging;
using Tcg.Mttcg.Memory.Tlb;

namespace Tcg.Mttcg.Translator.Runtime;

// Flat memory without translation: stands in where a processor is built without a memory system.
public sealed unsafe partial class Cpu
{
    internal byte[] FlatMemory { get; set; } = [];

    internal int Flushes { get; private set; }

    public bool WaitsForStartUp { get; set; }

    public bool TryRead(GuestVirtual address, int bytes, MmuIndex view, out ulong value)
    {
        value = 0;
        if (!IsInside(address, bytes, PageFaultBits.None)) return false;
        for (var i = 0; i < bytes; i++) value |= (ulong)FlatMemory[address.Value + (ulong)i] << (i * 8);
        return true;
    }

    public bool TryWrite(GuestVirtual address, int bytes, MmuIndex view, ulong value)
    {
        if (!IsInside(address, bytes, PageFaultBits.Write)) return false;
        for (var i = 0; i < bytes; i++) FlatMemory[address.Value + (ulong)i] = (byte)(value >> (i * 8));
        return true;
    }

    public bool TryProbeWrite(GuestVirtual address, int bytes, MmuIndex view) => IsInside(address, bytes, PageFaultBits.Write);

    public void FlushTlb() => Flushes++;

    public void FlushTlbNonGlobal() => Flushes++;

    public void FlushTlbPage(GuestVirtual address) => Flushes++;

    public ulong CurrentRip() => State->Rip;

    private bool IsInside(GuestVirtual address, int bytes, PageFaultBits access)
    {
        if (address.Value < (ulong)FlatMemory.Length && address.Value + (ulong)bytes <= (ulong)FlatMemory.Length) return true;
        RaisePageFault(address, access);
        return false;
    }

    private void SwitchAddressSpace(ushort pcid, bool keep)
    {
        if (!keep) FlushTlbNonGlobal();
    }

    private ulong ReadPhysical(GuestPhysical address)
    {
        TryRead(new GuestVirtual(address.Value), 8, MmuIndex.Kernel, out var value);
        return value;
    }
}
