using Tcg.Mttcg.Actors.Coherence;
using Tcg.Mttcg.Actors.Counters;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Actors.Regions;
using Tcg.Mttcg.Actors.Vcpu;
using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Hosting;

/// <summary>What one vCPU did. Live objects with one writer each; a reader may see fields of different moments.</summary>
public sealed record VcpuCounters(VcpuDoor Door, ExecutorCounters Executor, TlbCounters Tlb, AskCounters Asks, PausePolicy Pauses);

/// <summary>What a machine did.</summary>
public sealed record MachineCounters(IReadOnlyList<VcpuCounters> Vcpus, CoherenceCounters Memory, RegionCounters Regions, LifeCounters Life)
{
    /// <summary>All vCPUs' asks together, at this moment.</summary>
    public AskCounters Asks()
    {
        var sum = new AskCounters();
        foreach (var vcpu in Vcpus) vcpu.Asks.AddTo(sum);
        return sum;
    }

    /// <summary>Of all vCPUs together: how long they were neither halted nor standing still, until this moment.</summary>
    public TimeSpan RunTime() => Vcpus.Aggregate(TimeSpan.Zero, (sum, vcpu) => sum + vcpu.Door.RunTime.Elapsed);

    /// <summary>All vCPUs' kicks together, at this moment.</summary>
    public LatencyHistogram KickLatency()
    {
        var sum = new LatencyHistogram();
        foreach (var vcpu in Vcpus) vcpu.Door.KickLatency.AddTo(sum);
        return sum;
    }
}
