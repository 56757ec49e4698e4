using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Actors.Coherence;

/// <summary>The machine's TB hash and jump lists as the owner of coherence, their only writer, uses them.</summary>
public sealed class CachedBlocks(TbCache cache) : ICodeBlocks
{
    public TranslationBlock? Find(in TbKey key) => cache.Hash.Find(key);

    public void Add(TranslationBlock block) => cache.Hash.Add(block);

    public bool Kill(TranslationBlock block)
    {
        // Dead first: whoever still finds it in the hash sees that.
        if (!cache.Jumps.Kill(block)) return false;
        cache.Hash.Remove(block);
        return true;
    }

    public void Release(TranslationBlock block) => cache.Descriptors.Release(block);
}
