using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Host;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.CodeCache;

/// <summary>TBs without code.</summary>
internal static unsafe class Blocks
{
    private static readonly CodeRegion Somewhere = new(0, null, null, 65536, 60000);

    public static TbKey Key(ulong pc, TbFlags flags = TbFlags.Code64, TbCompileFlags compile = TbCompileFlags.None, ulong csBase = 0) =>
        new(new RamOffset(pc), new TbContext(pc, csBase, flags, compile));

    public static TranslationBlock New(ulong pc, int id = 0) => new(id, Key(pc)) { GuestBytes = 1 };

    /// <summary>With both jump slots, in a region.</summary>
    public static TranslationBlock Chainable(ulong pc)
    {
        var block = New(pc);
        block.Region = Somewhere;
        block.Jump0.DisplacementOffset = 4;
        block.Jump1.DisplacementOffset = 8;
        return block;
    }
}

/// <summary>Remembers where each jump leads.</summary>
internal sealed class NotingLinker : ITbLinker
{
    private readonly Dictionary<(TranslationBlock, int), TranslationBlock> _jumps = [];

    public List<TranslationBlock> Killed { get; } = [];

    /// <summary>Runs inside <see cref="Link"/>, before it returns.</summary>
    public Action? DuringLink { get; set; }

    /// <summary>Null: the jump's own stub.</summary>
    public TranslationBlock? TargetOf(TranslationBlock from, int slot) => _jumps.GetValueOrDefault((from, slot));

    public void Kill(TranslationBlock block) => Killed.Add(block);

    public void Link(TranslationBlock from, int slot, TranslationBlock target)
    {
        _jumps[(from, slot)] = target;
        DuringLink?.Invoke();
    }

    public void Unlink(TranslationBlock from, int slot) => _jumps.Remove((from, slot));
}
