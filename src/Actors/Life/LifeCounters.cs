namespace Tcg.Mttcg.Actors.Life;

/// <summary>What the machine actor did. One writer.</summary>
public sealed class LifeCounters
{
    /// <summary>Instructions that ran alone, as a LOCK across a page border does.</summary>
    public long ExclusiveSections;

    /// <summary>Times that all vCPUs were made to stand still, for whatever work.</summary>
    public long Standstills;
}
