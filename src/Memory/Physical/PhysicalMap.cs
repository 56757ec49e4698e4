namespace Tcg.Mttcg.Memory.Physical;

/// <summary>
/// What answers each guest-physical address. Readers take the published snapshot without a lock; a change builds a new one and bumps
/// <see cref="Generation"/>: whoever cached a section (soft TLBs) must flush before the change counts as done.
/// </summary>
public sealed class PhysicalMap
{
    /// <summary>Addresses have at most 52 bits (SDM 3A 4.1.4); everything above is a hole.</summary>
    public const ulong Limit = 1UL << 52;

    private readonly Lock _changing = new();
    private readonly GuestRam _ram;
    private readonly List<PhysicalMapping> _mappings = [];
    private PhysicalSnapshot _snapshot;
    private int _generation;

    public PhysicalMap(GuestRam ram)
    {
        _ram = ram;
        _snapshot = PhysicalSnapshot.Build([], ram);
    }

    /// <summary>Grows by one with each published change.</summary>
    public int Generation => Volatile.Read(ref _generation);

    /// <summary>Raised after each published change, on the thread that made it.</summary>
    public event Action? Changed;

    /// <summary>The exact section at an address. Never fails: unmapped addresses lie in a hole.</summary>
    public ref readonly PhysicalSection Find(GuestPhysical address) => ref Volatile.Read(ref _snapshot).Find(address);

    /// <summary>
    /// A section that covers the whole 4 KiB page of an address, for the soft TLB. A page shared by several small devices is one MMIO
    /// section that dispatches among them.
    /// </summary>
    public ref readonly PhysicalSection FindPage(GuestPhysical address) => ref Volatile.Read(ref _snapshot).FindPage(address);

    /// <summary>All sections in ascending order, holes included, from 0 to <see cref="Limit"/>.</summary>
    public ReadOnlySpan<PhysicalSection> Sections => Volatile.Read(ref _snapshot).Sections;

    /// <summary>Edits the map; all of the edit is published at once, or nothing when it throws.</summary>
    /// <exception cref="ArgumentException">A device would cover a part of a page of RAM or ROM.</exception>
    public void Change(Action<PhysicalMapEdit> change)
    {
        lock (_changing)
        {
            var edit = new PhysicalMapEdit(_ram, _mappings);
            change(edit);
            var snapshot = PhysicalSnapshot.Build(edit.Mappings, _ram);
            _mappings.Clear();
            _mappings.AddRange(edit.Mappings);
            Volatile.Write(ref _snapshot, snapshot);
            Interlocked.Increment(ref _generation);
        }
        Changed?.Invoke();
    }
}
