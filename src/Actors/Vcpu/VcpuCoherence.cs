using System.Diagnostics;
using Akka.Actor;
using Tcg.Mttcg.Actors.Counters;
using Tcg.Mttcg.Actors.Mailboxes;
using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Vcpu;

/// <summary>The machine is being torn down while a vCPU waits for an answer that will not come.</summary>
public sealed class MachineStoppingException() : OperationCanceledException("the machine is stopping");

/// <summary>
/// A vCPU's asks. The request is told with the vCPU as sender, and the reply comes through the mailbox's reply lane, so that the handler that
/// blocks here gets it. While it blocks, the vCPU is quiescent: access-quiescent inside a helper, code-quiescent when it waits for a region.
/// </summary>
public sealed class VcpuCoherence(KickQueue queue, VcpuOptions options, AskCounters counters) : ICodeCoherence
{
    private VcpuLanes? _lanes;
    private IActorRef? _self;
    private IActorRef? _memory;
    private IActorRef? _codeCache;

    /// <summary>Once, by the vCPU actor before its first slice.</summary>
    public void Connect(VcpuLanes lanes, IActorRef self, IActorRef memory, IActorRef codeCache) =>
        (_lanes, _self, _memory, _codeCache) = (lanes, self, memory, codeCache);

    public void Protect(RamPage page) => Ask<ProtectReply>(AskKind.Protect, _memory, new Protect(page), Quiescence.Access);

    public LinkOutcome Link(TranslationBlock tb, PageVersions versions, out TranslationBlock? existing)
    {
        var reply = Ask<LinkReply>(AskKind.Link, _memory, new Link(tb, versions), Quiescence.Access);
        existing = reply.Existing;
        return reply.Outcome;
    }

    public void CodeWrite(RamOffset start, int length) =>
        Ask<CodeWriteReply>(AskKind.CodeWrite, _memory, new CodeWrite(start, length), Quiescence.Access);

    public CodeRegion NextRegion(CodeRegion? full) =>
        Ask<NextRegionReply>(AskKind.NextRegion, _codeCache, new NextRegion(full), Quiescence.Code).Region;

    private T Ask<T>(AskKind kind, IActorRef? target, object request, Quiescence quiescence) where T : class
    {
        var started = Stopwatch.GetTimestamp();
        _lanes!.BecomeQuiescent(quiescence);
        target!.Tell(request, _self);
        var reply = Await();
        _lanes.BecomeRunning(quiescence);
        counters[kind].Record(Stopwatch.GetTimestamp() - started);
        return reply as T ?? throw new InvalidOperationException($"{kind} was answered with {reply.GetType().Name}");
    }

    private object Await()
    {
        for (var spin = 0; spin < options.ReplySpins; spin++)
        {
            if (queue.TakeReply() is { } reply) return reply;
            Thread.SpinWait(1 + spin);
        }
        while (true)
        {
            if (queue.TakeReply() is { } reply) return reply;
            if (queue.Door.IsAborted) throw new MachineStoppingException();
            queue.Door.Parker.Park(Timeout.InfiniteTimeSpan);
        }
    }
}
