using System.Diagnostics;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.SelfTest.Fuzz;

/// <summary>Asks a processor that runs too long to leave; calls out when it does not.</summary>
internal sealed unsafe class FuzzClock : IDisposable
{
    private const int Period = 1;
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(20);

    private readonly Action _hung;
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _stop = new();
    private CpuState* _state;
    private long _begun;
    private TimeSpan _share;

    /// <param name="hung">Called once, on another thread, when a processor ignores the clock.</param>
    public FuzzClock(Action hung)
    {
        _hung = hung;
        _thread = new Thread(Watch) { IsBackground = true, Name = "fuzz clock", Priority = ThreadPriority.AboveNormal };
        _thread.Start();
    }

    /// <summary>The processor had its share of time.</summary>
    public bool Expired => Volatile.Read(ref _begun) is var begun and not 0 && Stopwatch.GetElapsedTime(begun) > _share;

    /// <param name="share">After this it is asked to leave.</param>
    public void Begin(CpuState* state, TimeSpan share)
    {
        _state = state;
        _share = share;
        Volatile.Write(ref _begun, Stopwatch.GetTimestamp());
    }

    public void End() => Volatile.Write(ref _begun, 0);

    public void Dispose()
    {
        _stop.Set();
        _thread.Join();
        _stop.Dispose();
    }

    // The word may be set just after the processor left: the next run clears it, or leaves once too early and goes on.
    private void Watch()
    {
        while (!_stop.Wait(Period))
        {
            var begun = Volatile.Read(ref _begun);
            if (begun == 0) continue;
            var elapsed = Stopwatch.GetElapsedTime(begun);
            if (elapsed > _share) Volatile.Write(ref _state->ExitRequest, 1);
            if (elapsed <= Hang) continue;
            _hung();
            return;
        }
    }
}
