namespace Tcg.Mttcg.Memory.Pages;

/// <summary>A store in flight, between <see cref="StoreTracking.Begin"/> and <see cref="StoreTracking.Complete"/> or Abandon.</summary>
public readonly struct StoreTicket
{
    internal StoreTicket(PageDesc desc, bool hitsCode, bool hitsChecked)
    {
        Desc = desc;
        HitsCode = hitsCode;
        HitsChecked = hitsChecked;
    }

    public PageDesc Desc { get; }

    /// <summary>The bytes belong to TBs: have them invalidated before the store becomes visible.</summary>
    public bool HitsCode { get; }

    /// <summary>The bytes belong to TBs that compare them when they are entered: nobody need be asked, but the running TB is past that.</summary>
    public bool HitsChecked { get; }
}
