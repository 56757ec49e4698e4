using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.Interpreter;

/// <summary>Blocks that the dispatcher entered, by address: where indirect jumps find their target again. Emptied with the jump cache, as mappings change.</summary>
internal sealed class IndirectCache
{
    private const int Entries = 1024;

    private readonly TranslationBlock?[] _blocks = new TranslationBlock?[Entries];
    private int _flushes = -1;

    public void Remember(Cpu cpu, TranslationBlock tb)
    {
        Follow(cpu);
        if (tb.Key.Context.CompileFlags == TbCompileFlags.None) _blocks[Slot(tb.Key.Context.Pc)] = tb;
    }

    /// <summary>The block at RIP for the processor state <paramref name="state"/>; null: ask the dispatcher.</summary>
    public TranslationBlock? Find(Cpu cpu, in TbContext state, ulong rip)
    {
        Follow(cpu);
        var context = state with { Pc = state.Is64 ? rip : (uint)(state.CsBase + rip) };
        return _blocks[Slot(context.Pc)] is { IsDead: false } block && block.Key.Context == context ? block : null;
    }

    private void Follow(Cpu cpu)
    {
        if (_flushes == cpu.JumpCacheFlushes) return;
        _flushes = cpu.JumpCacheFlushes;
        Array.Clear(_blocks);
    }

    private static int Slot(ulong pc) => (int)(pc ^ (pc >> 10)) & (Entries - 1);
}
