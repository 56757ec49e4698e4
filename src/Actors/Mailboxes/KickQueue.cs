using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Dispatch;
using Akka.Dispatch.MessageQueues;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Actors.Vcpu;

namespace Tcg.Mttcg.Actors.Mailboxes;

/// <summary>Told by a vCPU to itself: the next slice. Never overtakes anything and kicks nobody.</summary>
public sealed record ContinueSlice
{
    public static readonly ContinueSlice Instance = new();
}

/// <summary>
/// A vCPU's mailbox. A message cannot interrupt a running handler, so enqueueing sorts by lane and makes the vCPU look:
/// replies go to the blocked asker; requests on its TLB or its code are served by it at its safepoints and kick it only if it runs, as a
/// quiescent vCPU serves them before it goes on (<see cref="VcpuStatus"/>); everything else kicks it and wakes it.
/// </summary>
public sealed class KickQueue(VcpuDoor door) : IMessageQueue, IUnboundedMessageQueueSemantics
{
    // A vCPU that sleeps for hours is woken when this many requests have piled up.
    private const int MaxUnserved = 256;

    private readonly ConcurrentQueue<Envelope> _access = new();
    private readonly ConcurrentQueue<Envelope> _code = new();
    private readonly ConcurrentQueue<Envelope> _ordinary = new();
    private Envelope _continue;
    private bool _continues;
    private object? _reply;

    public VcpuDoor Door { get; } = door;

    public bool HasMessages => HasOthers || Volatile.Read(ref _continues);

    /// <summary>Something waits that needs the mailbox: any message but the next slice.</summary>
    public bool HasOthers => !_ordinary.IsEmpty || !_access.IsEmpty || !_code.IsEmpty;

    /// <summary>Messages that end a halt; requests do not.</summary>
    public bool HasOrdinary => !_ordinary.IsEmpty;

    public int Count => _access.Count + _code.Count + _ordinary.Count + (_continues ? 1 : 0);

    public void Enqueue(IActorRef receiver, Envelope envelope)
    {
        switch (envelope.Message)
        {
            case IVcpuReply:
                Interlocked.Exchange(ref _reply, envelope.Message);
                Door.Parker.Unpark();
                break;
            case IAccessRequest:
                EnqueueRequest(_access, envelope, Quiescence.Access);
                break;
            case ICodeRequest:
                EnqueueRequest(_code, envelope, Quiescence.Code);
                break;
            case ContinueSlice:
                _continue = envelope;
                // Fenced, like all ways through here: the engine reads the mailbox's state next.
                Interlocked.Exchange(ref _continues, true);
                break;
            default:
                _ordinary.Enqueue(envelope);
                Door.Kick();
                break;
        }
    }

    /// <summary>Requests first, the next slice last.</summary>
    public bool TryDequeue(out Envelope envelope)
    {
        if (_access.TryDequeue(out envelope) || _code.TryDequeue(out envelope) || _ordinary.TryDequeue(out envelope)) return true;
        if (!_continues) return false;
        _continues = false;
        envelope = _continue;
        return true;
    }

    public bool TryTakeAccess(out Envelope envelope) => _access.TryDequeue(out envelope);

    public bool TryTakeCode(out Envelope envelope) => _code.TryDequeue(out envelope);

    /// <summary>The reply to the owner's ask if it has come. Owner only.</summary>
    public object? TakeReply() => Volatile.Read(ref _reply) is null ? null : Interlocked.Exchange(ref _reply, null);

    public void CleanUp(IActorRef owner, IMessageQueue deadletters)
    {
        while (TryDequeue(out var envelope)) deadletters.Enqueue(owner, envelope);
    }

    private void EnqueueRequest(ConcurrentQueue<Envelope> lane, Envelope envelope, Quiescence needed)
    {
        lane.Enqueue(envelope);
        Interlocked.MemoryBarrier();
        if (!Door.Status.IsAtLeast(needed) || lane.Count > MaxUnserved) Door.Kick();
    }
}
