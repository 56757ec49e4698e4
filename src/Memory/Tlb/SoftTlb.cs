using System.Diagnostics;
using Tcg.Mttcg.Memory.Paging;
using Tcg.Mttcg.Memory.Physical;

namespace Tcg.Mttcg.Memory.Tlb;

/// <summary>
/// One vCPU's cache of translations, a table for each <see cref="MmuIndex"/>. Only the owning vCPU calls it: others ask that vCPU. Fills and
/// lookups allocate nothing; a table that grows allocates its slow-path part.
/// <para>
/// The tables hold translations of the current PCID only; a page that is not global is forgotten when the PCID changes. Large pages are
/// cached 4 KiB at a time and forgotten as a whole.
/// </para>
/// </summary>
public sealed unsafe class SoftTlb
{
    private readonly TlbTable[] _tables = new TlbTable[TlbLayout.MmuIndexes];
    private int _ownerThread;

    public TlbCounters Counters { get; } = new();

    /// <summary>The PCID whose translations are cached; 0 when the guest does not use PCIDs.</summary>
    public ushort CurrentPcid { get; private set; }

    /// <param name="tables"><see cref="TlbLayout.MmuIndexes"/> tables of <see cref="TlbLayout.TableBytes"/> each, best lazily touched.</param>
    /// <param name="masks">One word for each table: what translated code ANDs with (<see cref="TlbLayout.MaskFor"/>).</param>
    public SoftTlb(byte* tables, uint* masks, TlbOptions? options = null)
    {
        options ??= new();
        options.Validate();
        for (var i = 0; i < _tables.Length; i++)
            _tables[i] = new((TlbEntry*)(tables + (long)i * TlbLayout.TableBytes), masks + i, options, Counters);
    }

    /// <summary>Names the calling thread as the owner; debug builds then refuse every other thread.</summary>
    public void BindToCurrentThread() => _ownerThread = Environment.CurrentManagedThreadId;

    /// <summary>Current size of a table, in entries.</summary>
    public int EntriesOf(MmuIndex index) => _tables[(int)index].Entries;

    /// <summary>Entries in use, victims not counted.</summary>
    public int UsedOf(MmuIndex index) => _tables[(int)index].Used;

    /// <summary>Enters a translation.</summary>
    /// <param name="walk">A successful walk of <paramref name="address"/>.</param>
    /// <param name="section">From FindPage: must cover the whole 4 KiB page.</param>
    /// <param name="flags">NotDirty (dropped where no store could happen) and Watchpoint; Mmio and DiscardWrite follow from the section.</param>
    public void Fill(MmuIndex index, GuestVirtual address, in WalkResult walk, in PhysicalSection section, TlbFlags flags = TlbFlags.None)
    {
        AssertOwner();
        Debug.Assert(!walk.IsFault && section.Contains(walk.Physical), "A fill is a successful walk and its section.");
        Counters.Fills++;
        _tables[(int)index].Fill(address.Value, walk, section, flags);
    }

    /// <summary>What the cache knows for an access that starts at an address; false: walk, then <see cref="Fill"/>.</summary>
    public bool TryLookup(MmuIndex index, GuestVirtual address, AccessKind kind, out TlbHit hit)
    {
        AssertOwner();
        return _tables[(int)index].TryLookup(address.Value, kind, out hit);
    }

    /// <summary>Everything: CR0.PG, CR4.PGE/PAE/SMEP changes, a change of the physical map.</summary>
    public void FlushAll()
    {
        AssertOwner();
        Counters.Flushes++;
        foreach (var table in _tables)
            table.FlushAll();
    }

    public void Flush(MmuIndex index)
    {
        AssertOwner();
        Counters.Flushes++;
        _tables[(int)index].FlushAll();
    }

    /// <summary>All but global pages: MOV to CR3 (SDM 3A 4.10.4.1).</summary>
    public void FlushNonGlobal()
    {
        AssertOwner();
        Counters.Flushes++;
        foreach (var table in _tables)
            table.FlushNonGlobal();
    }

    /// <summary>Pages whose protection keys got other rights: WRPKRU, which needs no flush on hardware, where rights are looked up at each access.</summary>
    /// <param name="keys">Bit k: key k.</param>
    public void FlushKeys(uint keys)
    {
        AssertOwner();
        Counters.Flushes++;
        foreach (var table in _tables)
            table.FlushKeys(keys);
    }

    /// <summary>INVLPG: the page of an address, global or not, large or not.</summary>
    public void FlushPage(GuestVirtual address)
    {
        AssertOwner();
        Counters.PageFlushes++;
        foreach (var table in _tables)
            table.FlushPage(address.Value);
    }

    /// <summary>All pages that a span of bytes touches; it may wrap; a length of 0 is everything.</summary>
    public void FlushRange(GuestVirtual start, ulong length)
    {
        AssertOwner();
        Counters.Flushes++;
        foreach (var table in _tables)
            table.FlushRange(start.Value, length);
    }

    /// <summary>INVPCID type 0: one page of a PCID, global pages stay. Other PCIDs are not cached.</summary>
    public void FlushPage(GuestVirtual address, ushort pcid)
    {
        AssertOwner();
        if (pcid != CurrentPcid)
            return;
        Counters.PageFlushes++;
        foreach (var table in _tables)
            table.FlushPage(address.Value, keepGlobal: true);
    }

    /// <summary>INVPCID type 1: all pages of a PCID but global ones.</summary>
    public void FlushPcid(ushort pcid)
    {
        if (pcid == CurrentPcid)
            FlushNonGlobal();
    }

    /// <summary>
    /// MOV to CR3 with CR4.PCIDE. <paramref name="keep"/> is bit 63 of the operand: the new PCID's translations stay valid, which matters
    /// here only when the PCID does not change.
    /// </summary>
    public void SwitchPcid(ushort pcid, bool keep)
    {
        if (pcid == CurrentPcid && keep)
            return;
        FlushNonGlobal();
        CurrentPcid = pcid;
    }

    /// <summary>Sends the next store to a RAM page, through whichever linear address, to the slow path.</summary>
    public void RevokeWrite(RamPage page)
    {
        AssertOwner();
        foreach (var table in _tables)
            table.RevokeWrite(page);
    }

    /// <summary>The same for every RAM page. Translations stay.</summary>
    public void RevokeWrites()
    {
        AssertOwner();
        foreach (var table in _tables)
            table.RevokeWrites();
    }

    /// <summary>Lets translated code store to a linear page again, where it still shows the given RAM page and has no other flag.</summary>
    public void SetDirty(GuestVirtual address, RamPage page)
    {
        AssertOwner();
        foreach (var table in _tables)
            table.SetDirty(address.Value, page);
    }

    [Conditional("DEBUG")]
    private void AssertOwner()
    {
        if (_ownerThread != 0 && _ownerThread != Environment.CurrentManagedThreadId)
            throw new InvalidOperationException("Only its owner touches a soft TLB.");
    }
}
