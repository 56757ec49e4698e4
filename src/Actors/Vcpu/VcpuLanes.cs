using Akka.Actor;
using Tcg.Mttcg.Actors.Mailboxes;
using Tcg.Mttcg.Actors.Protocol;

namespace Tcg.Mttcg.Actors.Vcpu;

/// <summary>
/// A vCPU's dealings with requests on its own TLB and code addresses: serving them at safepoints, and changing its published status so that
/// none is missed. Owner thread only.
/// </summary>
public sealed class VcpuLanes(KickQueue queue, IVcpuEngine engine, IActorRef self)
{
    private readonly VcpuStatus _status = queue.Door.Status;

    /// <summary>Publishes that nothing is in flight, then serves what came before that could be seen.</summary>
    public void BecomeQuiescent(Quiescence quiescence)
    {
        _status.Publish(quiescence);
        Serve(quiescence);
    }

    /// <summary>Publishes that anything may be in flight again, then serves what was posted while nobody waited for this vCPU.</summary>
    /// <param name="was">The quiescence that ends.</param>
    public void BecomeRunning(Quiescence was)
    {
        _status.Publish(Quiescence.Running);
        Serve(was);
    }

    public void Serve(IAccessRequest request, IActorRef asker)
    {
        switch (request)
        {
            case RevokeWrite revoke: engine.RevokeWrite(revoke.Page); break;
            case FlushTlb flush: engine.FlushTlb(flush.Flush); break;
            default: throw new InvalidOperationException($"unknown request {request}");
        }
        asker.Tell(new RequestServed(request.Ticket, queue.Door.Index), self);
    }

    public void Serve(ICodeRequest request, IActorRef asker)
    {
        switch (request)
        {
            case ForgetRegion forget: engine.Forget(forget.Region); break;
            // Outside translated code a vCPU names no TB by its descriptor's number.
            case ForgetDeadBlocks: break;
            case HeedDebugPoints heed: engine.Heed(heed.Points); break;
            default: throw new InvalidOperationException($"unknown request {request}");
        }
        asker.Tell(new RequestServed(request.Ticket, queue.Door.Index), self);
    }

    private void Serve(Quiescence upTo)
    {
        while (queue.TryTakeAccess(out var envelope)) Serve((IAccessRequest)envelope.Message, envelope.Sender);
        if (upTo < Quiescence.Code) return;
        while (queue.TryTakeCode(out var envelope)) Serve((ICodeRequest)envelope.Message, envelope.Sender);
    }
}
