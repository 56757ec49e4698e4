using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Pages;
using Tcg.Mttcg.Memory.Paging;
using Tcg.Mttcg.Memory.Physical;
using Tcg.Mttcg.Memory.Tlb;

namespace Tcg.Mttcg.Translator.Runtime;

// Linear to physical: the soft TLB, its fills and its flushes.
public sealed unsafe partial class Cpu
{
    /// <summary>This vCPU's cached translations.</summary>
    public SoftTlb Tlb { get; }

    /// <summary>Grows with every flush of the jump cache: linear addresses may mean other code since.</summary>
    internal int JumpCacheFlushes { get; private set; }

    public void FlushTlb()
    {
        Tlb.FlushAll();
        FlushJumpCache();
    }

    public void FlushTlbNonGlobal()
    {
        Tlb.FlushNonGlobal();
        FlushJumpCache();
    }

    public void FlushTlbPage(GuestVirtual address)
    {
        Tlb.FlushPage(address);
        FlushJumpCache();
    }

    // MOV to CR3: with PCIDs the new one's translations may be kept.
    private void SwitchAddressSpace(ushort pcid, bool keep)
    {
        Tlb.SwitchPcid(pcid, keep);
        FlushJumpCache();
    }

    // A table entry outside RAM reads as ones, as everything unassigned does.
    private ulong ReadPhysical(GuestPhysical address) => Ports.Memory.TryRead(address, out ulong value) ? value : ulong.MaxValue;

    /// <summary>For flushes made directly on <see cref="Tlb"/>, and for changes of what a linear address executes.</summary>
    public void FlushJumpCache()
    {
        JumpCacheFlushes++;
        new Span<byte>((byte*)State + CpuLayout.JumpCacheOffset, CpuLayout.JumpCacheBytes).Fill(0xff);
    }

    /// <summary>Finds, or fills, the translation for an access that stays in one page. False: the exception is pending.</summary>
    internal bool TryHit(GuestVirtual address, AccessKind kind, MmuIndex view, out TlbHit hit) =>
        Tlb.TryLookup(view, address, kind, out hit) || (TryFill(address, kind, view, raise: true) && Tlb.TryLookup(view, address, kind, out hit));

    /// <summary>Where an instruction fetch at <paramref name="address"/> goes. False: it faults, and the exception is pending if asked for.</summary>
    internal bool TryResolveCode(GuestVirtual address, bool raise, out CodePage page)
    {
        var view = CodeView;
        page = default;
        if (!Tlb.TryLookup(view, address, AccessKind.Execute, out var hit)
            && !(TryFill(address, AccessKind.Execute, view, raise) && Tlb.TryLookup(view, address, AccessKind.Execute, out hit))) return false;
        page = hit.Host.IsNull
            ? new CodePage { Device = hit.Region, DeviceOffset = hit.RegionOffset }
            : new CodePage { Host = hit.Host.Bytes, Offset = new(hit.RamPage.Start.Value + address.PageOffset) };
        return true;
    }

    internal void RaiseFetchFault(GuestVirtual address) => TryFill(address, AccessKind.Execute, CodeView, raise: true);

    /// <summary>The registers that paging reads.</summary>
    internal PagingState PagingState => new(
        State->Cr0, State->Cr3, State->Cr4, State->Efer, State->Pkru, State->PdPte[0], State->PdPte[1], State->PdPte[2], State->PdPte[3], (byte)Model.PhysicalBits);

    // Fetches ignore SMAP, so any supervisor view does.
    private MmuIndex CodeView => Cpl == 3 ? MmuIndex.User : MmuIndex.Kernel;

    private bool TryFill(GuestVirtual address, AccessKind kind, MmuIndex view, bool raise)
    {
        if (IsLongMode64 && !IsCanonical(address.Value))
        {
            if (raise) Raise(kind != AccessKind.Execute && IsStackAccess(address.Value) ? ExceptionVector.StackFault : ExceptionVector.GeneralProtection, 0);
            return false;
        }
        var walk = Ports.Walker.Walk(PagingState, address, kind, view);
        if (walk.IsFault)
        {
            if (raise) RaisePageFault(address, walk.ErrorCode);
            return false;
        }
        ref readonly var section = ref Ports.Physical.FindPage(walk.Physical);
        var flags = (_watchesData && IsWatchedPage(address)) || Points.Watches(address) ? TlbFlags.Watchpoint : TlbFlags.None;
        if (section.Kind == PhysicalKind.Ram)
        {
            var page = section.RamOffsetOf(walk.Physical).Page;
            if (kind == AccessKind.Write || Ports.Stores.Pages.WritersOf(page).Includes(Ports.Index))
            {
                if (!Ports.Stores.AdmitWriter(page, Ports.Index)) flags |= TlbFlags.NotDirty;
            }
            else
            {
                // A page that this vCPU has not written stays free of its fast entries: protecting it for translation then need not wait for it.
                walk = walk.WithoutWrite();
            }
        }
        Tlb.Fill(view, address, walk, section, flags);
        return true;
    }
}
