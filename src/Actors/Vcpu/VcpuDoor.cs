using System.Diagnostics;
using Tcg.Mttcg.Actors.Counters;
using Tcg.Mttcg.Actors.Mailboxes;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Actors.Vcpu;

/// <summary>
/// What everybody else may touch of a vCPU: its exit-request word, its status, its sleep. Devices kick it, its mailbox kicks it, and requesters
/// read its status.
/// </summary>
public sealed unsafe class VcpuDoor : IProcessorKick
{
    // Where kicks go before the vCPU has native memory and after it has lost it.
    private readonly uint[] _none = GC.AllocateArray<uint>(1, pinned: true);
    private uint* _exitRequest;
    private long _kicks;
    private long _kickedAt;
    private int _kickers;
    private bool _isDeaf;
    private bool _isAborted;

    public VcpuDoor(int index)
    {
        Index = index;
        Detach();
    }

    public int Index { get; }
    public VcpuStatus Status { get; } = new();
    public Parker Parker { get; } = new();

    /// <summary>Roughly how often it was kicked: concurrent kicks may count once.</summary>
    public long Kicks => Volatile.Read(ref _kicks);

    /// <summary>From the first kick to the moment the vCPU, out of translated code or awake again, looks what is wanted. Written by the owner.</summary>
    public LatencyHistogram KickLatency { get; } = new();

    /// <summary>How long it was neither halted nor standing still. Written by the owner.</summary>
    public RunClock RunTime { get; } = new();

    /// <summary>Set once the machine is being torn down: a blocked ask gives up.</summary>
    public bool IsAborted => Volatile.Read(ref _isAborted);

    /// <summary>It halts and no maskable interrupt can wake it. Written by the owner.</summary>
    public bool IsDeaf { get => Volatile.Read(ref _isDeaf); set => Volatile.Write(ref _isDeaf, value); }

    public bool ExitRequested => Volatile.Read(ref *_exitRequest) != 0;

    /// <param name="exitRequest"><see cref="Translator.Runtime.CpuState.ExitRequest"/> of the vCPU.</param>
    public void Attach(uint* exitRequest) => _exitRequest = exitRequest;

    /// <summary>The native memory is about to go. The vCPU's thread has ended; a kick under way is waited for.</summary>
    public void Detach()
    {
        fixed (uint* none = _none) _exitRequest = none;
        Interlocked.MemoryBarrier();
        while (Volatile.Read(ref _kickers) != 0) Thread.Yield();
    }

    public void Kick()
    {
        _kicks++;
        if (Volatile.Read(ref _kickedAt) == 0) Volatile.Write(ref _kickedAt, Stopwatch.GetTimestamp());
        // Counted before the pointer is read: whoever replaces it sees either nobody here, or waits.
        Interlocked.Increment(ref _kickers);
        // A locked exchange: whatever the kicker did before is visible to the owner, who clears the word before it looks.
        Interlocked.Exchange(ref *_exitRequest, 1);
        Interlocked.Decrement(ref _kickers);
        Parker.Unpark();
    }

    /// <summary>Takes the exit request back; the owner looks at its lanes after this, never before.</summary>
    public bool TakeExitRequest() => Interlocked.Exchange(ref *_exitRequest, 0) != 0;

    /// <summary>The owner looks what is wanted of it.</summary>
    public void Looked()
    {
        if (Volatile.Read(ref _kickedAt) is var kickedAt and not 0)
        {
            Volatile.Write(ref _kickedAt, 0);
            KickLatency.Record(Stopwatch.GetTimestamp() - kickedAt);
        }
    }

    public void Abort()
    {
        Volatile.Write(ref _isAborted, true);
        Kick();
    }
}
