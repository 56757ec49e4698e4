using System.Collections.Concurrent;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Actors.Vcpu;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Tests.Vcpu;

/// <summary>A processor that does what a test says, and writes down what it was told.</summary>
public sealed class ScriptedEngine(VcpuDoor door) : IVcpuEngine
{
    private readonly ConcurrentQueue<Func<SliceEnd>> _script = new();

    public ConcurrentQueue<string> Done { get; } = new();
    public bool IsDeaf { get; set; }
    public Exception? Failure { get; set; }
    public ulong RegisterDigest => 0;
    public Action OnExclusive { get; set; } = () => { };
    public int Runs;
    public int ThreadId;

    /// <summary>What the next run does; with nothing left it spins like a guest in an endless chained loop, until kicked.</summary>
    public ScriptedEngine Then(Func<SliceEnd> run)
    {
        _script.Enqueue(run);
        return this;
    }

    public ScriptedEngine Then(SliceEnd end) => Then(() => end);

    public void Bind() => ThreadId = Environment.CurrentManagedThreadId;

    public SliceEnd Run()
    {
        if (door.TakeExitRequest()) return SliceEnd.Kicked;
        Interlocked.Increment(ref Runs);
        Assert.Equal(ThreadId, Environment.CurrentManagedThreadId);
        return _script.TryDequeue(out var run) ? run() : Spin();
    }

    public SliceEnd Spin()
    {
        while (!door.TakeExitRequest()) Thread.Yield();
        return SliceEnd.Kicked;
    }

    public SliceEnd RunExclusive()
    {
        OnExclusive();
        Done.Enqueue("exclusive");
        return SliceEnd.Kicked;
    }

    public SliceEnd Step()
    {
        Done.Enqueue("step");
        return SliceEnd.Kicked;
    }

    public DebugStop TakeStop() => new(door.Index, DebugStopKind.Step, 0, default);

    public void Heed(DebugPoints points) => Done.Enqueue($"heed {points.Watchpoints.Count}");

    public void Reset() => Done.Enqueue("reset");

    public Exception? TakeFailure() => Failure;

    public void RevokeWrite(RamPage page) => Done.Enqueue($"revoke {page.Index}");

    public void FlushTlb(TlbFlush flush) => Done.Enqueue($"flush {flush}");

    public void Forget(CodeRegion region) => Done.Enqueue($"forget {region.Index}");
}
