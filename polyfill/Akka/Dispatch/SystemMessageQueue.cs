using Akka.Dispatch.SysMsg;

namespace Akka.Dispatch;

/// <summary>
/// Many writers, one reader, no locks. Messages are pushed onto a stack; the reader takes the whole stack at once and
/// turns it round. A closed queue takes nothing more, so that no message can be lost between closing and a late writer.
/// </summary>
internal sealed class SystemMessageQueue
{
    private readonly NoMessage _closed = new();
    private SystemMessage _head;

    public bool HasMessages => Volatile.Read(ref _head) is not (null or NoMessage);

    /// <returns>False when the queue is closed.</returns>
    public bool TryEnqueue(SystemMessage message)
    {
        while (true)
        {
            var head = Volatile.Read(ref _head);
            if (head == _closed) return false;
            message.Next = head;
            if (Interlocked.CompareExchange(ref _head, message, head) == head) return true;
        }
    }

    /// <returns>The oldest message, linked to the younger ones; null when there is none.</returns>
    public SystemMessage Drain()
    {
        if (!HasMessages) return null;
        return Oldest(Interlocked.Exchange(ref _head, null));
    }

    /// <summary>Drains for the last time.</summary>
    public SystemMessage Close() => Oldest(Interlocked.Exchange(ref _head, _closed));

    private static SystemMessage Oldest(SystemMessage youngest)
    {
        SystemMessage oldest = null;
        while (youngest is not (null or NoMessage))
        {
            var next = youngest.Next;
            youngest.Next = oldest;
            oldest = youngest;
            youngest = next;
        }
        return oldest;
    }
}
