using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Dispatch;
using Akka.Dispatch.MessageQueues;

namespace Tcg.Mttcg.Actors.Mailboxes;

/// <summary>
/// The queue of an actor that many ask and that mostly answers on the asker's thread. A message that finds nothing before it goes into a single slot: one
/// cache line comes from the core that asked last, where a general queue takes its head, its tail and an element. Behind a message that waits there is
/// such a queue. First in, first out: the slot is filled only while nothing waits behind it.
/// <para>
/// While a message is handled, the slot stays taken, and whoever comes waits a moment for it: then its own thread handles its message, with the data that
/// its core has at hand, and not the other core, which would have to fetch them.
/// </para>
/// </summary>
public sealed class OwnerQueue : IMessageQueue, IUnboundedMessageQueueSemantics
{
    private const int Free = 0, Filling = 1, Full = 2, Taken = 3;

    // Looks at a taken slot, about as long as a message takes to be handled; and the time in which the other thread then leaves the mailbox.
    private const int Looks = 40, LeavingSpins = 10;

    private readonly ConcurrentQueue<Envelope> _rest = new();
    private Slot _slot;

    public bool HasMessages => State == Full || !_rest.IsEmpty;

    public int Count => _rest.Count + (State == Full ? 1 : 0);

    public void Enqueue(IActorRef receiver, Envelope envelope)
    {
        if (State != Free) AwaitSlot();
        if (!_rest.IsEmpty || Interlocked.CompareExchange(ref _slot.State, Filling, Free) != Free)
        {
            _rest.Enqueue(envelope);
            return;
        }
        (_slot.Message, _slot.Sender) = (envelope.Message, envelope.Sender);
        State = Full;
    }

    /// <summary>One thread at a time, which has handled the message before.</summary>
    public bool TryDequeue(out Envelope envelope)
    {
        if (State == Taken) State = Free;
        // Looked at before the slot: what is behind came after anything its sender put into the slot, which is then seen to be full.
        var isBehind = !_rest.IsEmpty;
        if (State == Full)
        {
            envelope = new Envelope(_slot.Message!, _slot.Sender!);
            (_slot.Message, _slot.Sender) = (null, null);
            State = Taken;
            return true;
        }
        envelope = default;
        return isBehind && _rest.TryDequeue(out envelope);
    }

    public void CleanUp(IActorRef owner, IMessageQueue deadletters)
    {
        while (TryDequeue(out var envelope)) deadletters.Enqueue(owner, envelope);
    }

    private int State { get => Volatile.Read(ref _slot.State); set => Volatile.Write(ref _slot.State, value); }

    private void AwaitSlot()
    {
        for (var look = 0; look < Looks && State != Free; look++) Thread.SpinWait(1);
        Thread.SpinWait(LeavingSpins);
    }

    // Alone in its cache lines.
    [StructLayout(LayoutKind.Explicit, Size = 192)]
    private struct Slot
    {
        [FieldOffset(64)] public int State;
        [FieldOffset(72)] public object? Message;
        [FieldOffset(80)] public IActorRef? Sender;
    }
}
