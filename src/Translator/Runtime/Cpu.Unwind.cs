using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Translator.Runtime;

// From a place in host code to the guest instruction it belongs to.
public sealed unsafe partial class Cpu
{
    /// <summary>The block that was entered from the dispatcher; under the interpreter, the one that runs now.</summary>
    internal TranslationBlock? Running { get; set; }

    /// <summary>Null under the interpreter.</summary>
    public CodeBuffer? CodeBuffer { get; set; }

    /// <summary>The block whose code called the helper that runs now, reached by whatever chain.</summary>
    internal TranslationBlock? RunningBlock => State->HostReturn == 0 ? Running : CodeBuffer?.RegionOf((nuint)State->HostReturn)?.Find((nuint)State->HostReturn);

    /// <summary>RIP of the guest instruction whose helper runs now.</summary>
    public ulong CurrentRip() => State->HostReturn == 0 ? State->Rip : RipAt((nuint)State->HostReturn);

    /// <summary>After translated code was left by a helper: makes RIP that of the helper's instruction. The rest of the state is exact already.</summary>
    internal void Unwind()
    {
        if (State->HostReturn == 0) return;
        State->Rip = RipAt((nuint)State->HostReturn);
        State->HostReturn = 0;
    }

    private ulong RipAt(nuint host)
    {
        var block = CodeBuffer?.RegionOf(host)?.Find(host) ?? throw new InvalidOperationException($"host address 0x{host:x} lies in no TB");
        var offset = UnwindTable.Find(block.Unwind, (int)(host - block.Entry));
        if (offset < 0) throw new InvalidOperationException($"TB {block.Id} has no unwind point at +0x{host - block.Entry:x}");
        var rip = block.Key.Context.Rip + (ulong)offset;
        return block.Key.Context.Is64 ? rip : (uint)rip;
    }
}
