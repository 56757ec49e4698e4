using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Coherence;

// Breakpoints and watchpoints without a flush. A block over a breakpoint dies, no other. From then on no such block is linked: each remembers the set that it
// was made for, and Link accepts the newest only. A vCPU heeds a new set while it is code-quiescent, so it is in no block of before; the answer waits for all.
public sealed partial class CodeCoherence
{
    private DebugPoints _points = DebugPoints.None;

    /// <summary>By linear address: an alias of the same RAM elsewhere keeps its blocks.</summary>
    public void SetBreakpoint(object asker, GuestVirtual address, bool isSet)
    {
        _points = _points.With(address, isSet);
        // Without the breakpoint, those that stop short of it are as good as longer ones would be, but for their length.
        KillWhere(block => isSet ? Covers(block, address) : End(block) == address.Value);
        Broadcast(asker);
    }

    /// <summary>Each vCPU forgets its translations of the watched pages, and enters them as slow ones.</summary>
    public void SetWatchpoint(object asker, Watchpoint watchpoint, bool isSet)
    {
        _points = _points.With(watchpoint, isSet);
        Broadcast(asker);
    }

    private static bool Covers(TranslationBlock block, GuestVirtual address) => address.Value - block.Key.Context.Pc < (uint)block.GuestBytes;

    private static ulong End(TranslationBlock block) => block.Key.Context.Pc + (uint)block.GuestBytes;

    private void KillWhere(Func<TranslationBlock, bool> matches)
    {
        foreach (var block in _pages.Values.SelectMany(code => code.Blocks).Where(matches).ToArray()) Kill(block);
    }

    private void Broadcast(object asker)
    {
        var points = _points;
        _grace.Begin(ticket => new HeedDebugPoints(points, ticket), () => peers.Reply(asker, DebugPointsReply.Instance));
        (Counters.GracePeriods, Counters.AcksAwaited) = (_grace.Begun, _grace.AcksAwaited);
    }
}
