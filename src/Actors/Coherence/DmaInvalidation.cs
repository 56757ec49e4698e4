using Akka.Actor;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Actors.Vcpu;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Actors.Coherence;

/// <summary>
/// Sequence (d): writes that are no guest stores (devices, the page walker's accessed and dirty bits). Any thread; a vCPU's too, which stays
/// "running" meanwhile, as it is in the middle of a TLB fill: the memory actor never waits for a vCPU before it answers this.
/// </summary>
public sealed class DmaInvalidation(CancellationToken teardown) : ICodeInvalidation
{
    private IActorRef? _memory;

    /// <summary>Before the first write; writes before that are a loader's.</summary>
    public void Connect(IActorRef memory) => Volatile.Write(ref _memory, memory);

    public void Invalidate(RamOffset start, int length)
    {
        if (Volatile.Read(ref _memory) is not { } memory) return;
        var answer = memory.Ask<InvalidateReply>(new Invalidate(start, length));
        try
        {
            answer.Wait(teardown);
        }
        catch (OperationCanceledException)
        {
            throw new MachineStoppingException();
        }
    }
}
