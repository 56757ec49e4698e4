using System.Runtime.CompilerServices;

namespace Tcg.Mttcg.Memory.Paging;

/// <summary>The entries that a walk read, in order: what the accessed and dirty bits are set in.</summary>
internal struct PageTrail
{
    internal const int MaxLevels = 5;

    private Steps _steps;

    internal struct Step
    {
        internal GuestPhysical Address;
        internal ulong Entry;
    }

    [InlineArray(MaxLevels)]
    private struct Steps
    {
        private Step _first;
    }

    internal int Count { get; private set; }

    /// <summary>Entries are 4 bytes wide, else 8.</summary>
    internal bool IsNarrow { get; init; }

    internal readonly Step this[int index] => _steps[index];

    /// <summary>R/W and U/S of all entries, ANDed.</summary>
    internal ulong CommonRights { get; private set; }

    /// <summary>XD of all entries, ORed; only meaningful with EFER.NXE.</summary>
    internal bool NoExecute { get; private set; }

    internal readonly ulong Leaf => _steps[Count - 1].Entry;

    internal void Add(GuestPhysical address, ulong entry)
    {
        CommonRights = Count == 0 ? entry : CommonRights & entry;
        NoExecute |= (entry & PageEntry.NoExecute) != 0;
        _steps[Count++] = new() { Address = address, Entry = entry };
    }
}
