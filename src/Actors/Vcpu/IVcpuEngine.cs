using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Vcpu;

/// <summary>The processor inside a vCPU actor. Used by the actor's thread only.</summary>
public interface IVcpuEngine
{
    /// <summary>Called once, on the thread that all later calls come from.</summary>
    void Bind();

    /// <summary>Runs until something needs the actor. The exit-request word is clear when it says <see cref="SliceEnd.Kicked"/>.</summary>
    SliceEnd Run();

    /// <summary>Runs the one instruction at RIP; every other vCPU stands still.</summary>
    SliceEnd RunExclusive();

    /// <summary>The same for a debugger, whatever waits; nothing when the processor halts.</summary>
    SliceEnd Step();

    /// <summary>What the debugger is told after <see cref="SliceEnd.Stopped"/> or <see cref="Step"/>.</summary>
    DebugStop TakeStop();

    /// <summary>Power-on state; the boot processor as the boot loader left it.</summary>
    void Reset();

    /// <summary>While it halts: no maskable interrupt can wake it.</summary>
    bool IsDeaf { get; }

    /// <summary>Of RIP and the general registers: equal for equal ones, and most likely only then.</summary>
    ulong RegisterDigest { get; }

    /// <summary>What ended the last run with <see cref="SliceEnd.Failure"/>.</summary>
    Exception? TakeFailure();

    void RevokeWrite(RamPage page);

    void FlushTlb(TlbFlush flush);

    /// <summary>Drops every address in the region.</summary>
    void Forget(CodeRegion region);

    void Heed(DebugPoints points);
}
