namespace Tcg.Mttcg.Memory.Pages;

/// <summary>A store in flight, between <see cref="StoreTracking.Begin"/> and <see cref="StoreTracking.Complete"/> or Abandon.</summary>
public readonly struct StoreTicket
{
    internal StoreTicket(PageDesc desc, bool hitsCode)
    {
        Desc = desc;
        HitsCode = hitsCode;
    }

    public PageDesc Desc { get; }

    /// <summary>The bytes belong to TBs: have them invalidated before the store becomes visible.</summary>
    public bool HitsCode { get; }
}
