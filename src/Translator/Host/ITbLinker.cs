using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Translator.Host;

/// <summary>Patches host code that others may be executing. Each operation is one atomic store.</summary>
public interface ITbLinker
{
    /// <summary>Makes the block's head leave at once to the dispatcher, however it was reached.</summary>
    void Kill(TranslationBlock block);

    /// <summary>The block's direct jump goes to <paramref name="target"/>'s head from now on.</summary>
    void Link(TranslationBlock from, int slot, TranslationBlock target);

    /// <summary>The block's direct jump goes to its own exit stub again.</summary>
    void Unlink(TranslationBlock from, int slot);
}

/// <summary>For a back end without host code: the interpreter follows <see cref="JumpSlot.Target"/> itself.</summary>
public sealed class NoLinker : ITbLinker
{
    public void Kill(TranslationBlock block) { }

    public void Link(TranslationBlock from, int slot, TranslationBlock target) { }

    public void Unlink(TranslationBlock from, int slot) { }
}
