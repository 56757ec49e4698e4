namespace Tcg.Mttcg.Actors.Counters;

/// <summary>What a vCPU asks for.</summary>
public enum AskKind : byte
{
    Protect,
    Link,
    CodeWrite,
    NextRegion,
}

/// <summary>Latency of one vCPU's asks, by kind.</summary>
public sealed class AskCounters
{
    private readonly LatencyHistogram[] _kinds = [.. Enum.GetValues<AskKind>().Select(_ => new LatencyHistogram())];

    public LatencyHistogram this[AskKind kind] => _kinds[(int)kind];

    /// <summary>Time spent in all asks.</summary>
    public TimeSpan Total => _kinds.Aggregate(TimeSpan.Zero, (sum, kind) => sum + kind.Total);

    public void AddTo(AskCounters sum)
    {
        foreach (var kind in Enum.GetValues<AskKind>()) this[kind].AddTo(sum[kind]);
    }
}
