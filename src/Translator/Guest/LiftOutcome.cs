namespace Tcg.Mttcg.Translator.Guest;

public enum LiftOutcome : byte
{
    /// <summary>The block holds at least one guest instruction and ends.</summary>
    Lifted,
    /// <summary>The first instruction reaches into the next page, and fetching there faults: raise that fault; the block is empty.</summary>
    FetchFault,
}
