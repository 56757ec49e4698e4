using Tcg.Mttcg.Memory.Tlb;

namespace Tcg.Mttcg.Memory.Paging;

/// <summary>What a mapped page allows to whom (SDM 3A 4.6), and the error code when it does not (4.7).</summary>
internal readonly struct PagePermissions
{
    private readonly bool _keyDeniesAccess;
    private readonly bool _keyDeniesWrite;

    internal PageAttributes Attributes { get; }

    internal byte Key { get; }

    internal PagePermissions(in PagingState state, in PageTrail trail)
    {
        var leaf = trail.Leaf;
        Attributes =
            ((trail.CommonRights & PageEntry.Writable) != 0 ? PageAttributes.Writable : 0)
            | ((trail.CommonRights & PageEntry.User) != 0 ? PageAttributes.User : 0)
            | (trail.NoExecute && (state.Efer & PagingState.EferNoExecute) != 0 ? PageAttributes.NoExecute : 0)
            | ((leaf & PageEntry.Global) != 0 && (state.Cr4 & PagingState.Cr4GlobalPages) != 0 ? PageAttributes.Global : 0)
            | ((leaf & PageEntry.Dirty) != 0 ? PageAttributes.Dirty : 0);
        var hasKeys = (state.Cr4 & PagingState.Cr4ProtectionKeys) != 0 && (state.Efer & PagingState.EferLongModeActive) != 0;
        if (!hasKeys || !Is(PageAttributes.User))
            return;
        Key = (byte)(leaf >> PageEntry.KeyShift & 15);
        _keyDeniesAccess = (state.Pkru >> (Key * 2) & 1) != 0;
        _keyDeniesWrite = (state.Pkru >> (Key * 2) & 2) != 0;
    }

    /// <summary>None, or the whole error code of the fault.</summary>
    internal PageFaultBits Check(in PagingState state, AccessKind kind, MmuIndex view)
    {
        var key = KeyDenies(state, kind, view);
        if (!key && Allows(state, kind, view))
            return PageFaultBits.None;
        return PageFaultBits.Present | AccessBits(state, kind, view) | (key ? PageFaultBits.ProtectionKey : PageFaultBits.None);
    }

    /// <summary>All rights of a view. Without D there is no write right, so that the first store walks again and sets it.</summary>
    internal PageRights RightsOf(in PagingState state, MmuIndex view, bool writing)
    {
        var rights = PageRights.None;
        if (Check(state, AccessKind.Read, view) == PageFaultBits.None)
            rights |= PageRights.Read;
        if ((writing || Is(PageAttributes.Dirty)) && Check(state, AccessKind.Write, view) == PageFaultBits.None)
            rights |= PageRights.Write;
        if (Check(state, AccessKind.Execute, view) == PageFaultBits.None)
            rights |= PageRights.Execute;
        return rights;
    }

    /// <summary>The bits of the error code that tell of the access alone.</summary>
    internal static PageFaultBits AccessBits(in PagingState state, AccessKind kind, MmuIndex view)
    {
        var bits = view == MmuIndex.User ? PageFaultBits.User : PageFaultBits.None;
        if (kind == AccessKind.Write)
            bits |= PageFaultBits.Write;
        var tellsFetches = (state.Cr4 & PagingState.Cr4Smep) != 0
            || ((state.Cr4 & PagingState.Cr4PhysicalAddressExtension) != 0 && (state.Efer & PagingState.EferNoExecute) != 0);
        if (kind == AccessKind.Execute && tellsFetches)
            bits |= PageFaultBits.Instruction;
        return bits;
    }

    private bool Allows(in PagingState state, AccessKind kind, MmuIndex view)
    {
        if (kind == AccessKind.Execute)
            return !Is(PageAttributes.NoExecute) && (view == MmuIndex.User
                ? Is(PageAttributes.User)
                : !(Is(PageAttributes.User) && (state.Cr4 & PagingState.Cr4Smep) != 0));
        if (view == MmuIndex.User)
            return Is(PageAttributes.User) && (kind == AccessKind.Read || Is(PageAttributes.Writable));
        if (view == MmuIndex.Kernel && Is(PageAttributes.User) && (state.Cr4 & PagingState.Cr4Smap) != 0)
            return false;
        return kind == AccessKind.Read || Is(PageAttributes.Writable) || (state.Cr0 & PagingState.Cr0WriteProtect) == 0;
    }

    /// <summary>Protection keys bind data accesses to user pages, by whomever (SDM 3A 4.6.2).</summary>
    private bool KeyDenies(in PagingState state, AccessKind kind, MmuIndex view)
    {
        if (kind == AccessKind.Execute)
            return false;
        var bindsWrites = view == MmuIndex.User || (state.Cr0 & PagingState.Cr0WriteProtect) != 0;
        return _keyDeniesAccess || (kind == AccessKind.Write && _keyDeniesWrite && bindsWrites);
    }

    private bool Is(PageAttributes attribute) => (Attributes & attribute) != 0;
}
