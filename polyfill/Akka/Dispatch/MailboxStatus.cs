namespace Akka.Dispatch;

/// <summary>
/// The word that decides who may run a mailbox: closed, scheduled, and above them the count of suspensions. Every change
/// is a compare-and-swap, hence a full fence, also where the owner goes idle before it looks at its queue for the last time.
/// </summary>
internal struct MailboxStatus
{
    private const int Open = 0;
    private const int Closed = 1;
    private const int Scheduled = 2;
    private const int SuspendUnit = 4;
    private int _word;

    public readonly bool IsClosed => Read() == Closed;
    public readonly bool IsSuspended => Read() >= SuspendUnit;
    public readonly bool MayProcess => (Read() & ~Scheduled) == Open;

    private readonly int Read() => Volatile.Read(in _word);

    private bool Update(int from, int to) => Interlocked.CompareExchange(ref _word, to, from) == from;

    /// <summary>Claims the right to run. True for exactly one caller until <see cref="SetIdle"/>.</summary>
    public bool TrySetScheduled()
    {
        while (true)
        {
            var s = Read();
            if ((s & (Closed | Scheduled)) != 0) return false;
            if (Update(s, s | Scheduled)) return true;
        }
    }

    public void SetIdle()
    {
        int s;
        do s = Read(); while (!Update(s, s & ~Scheduled));
    }

    public void Suspend()
    {
        int s;
        do
        {
            s = Read();
            if (s == Closed) return;
        }
        while (!Update(s, s + SuspendUnit));
    }

    /// <returns>True when this took back the last suspension.</returns>
    public bool Resume()
    {
        while (true)
        {
            var s = Read();
            if (s == Closed) return false;
            var next = s < SuspendUnit ? s : s - SuspendUnit;
            if (Update(s, next)) return next < SuspendUnit;
        }
    }

    public void Close()
    {
        int s;
        do s = Read(); while (!Update(s, Closed));
    }
}
