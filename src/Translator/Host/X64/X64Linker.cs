using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Translator.Host.X64;

/// <summary>The jump lists' hands on host code: see <see cref="X64Patcher"/>.</summary>
public sealed class X64Linker : ITbLinker
{
    public void Kill(TranslationBlock block) => X64Patcher.Kill(block);

    public void Link(TranslationBlock from, int slot, TranslationBlock target) => X64Patcher.Link(from, slot, target);

    public void Unlink(TranslationBlock from, int slot) => X64Patcher.Unlink(from, slot);
}
