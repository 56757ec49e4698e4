namespace Tcg.Mttcg.Translator.Cache;

/// <summary>The keys of the last TBs that a dispatcher entered, for diagnoses. Blocks reached by chained jumps are not seen.</summary>
public sealed class RecentBlocks
{
    private const int Kept = 8;

    private readonly TbKey[] _keys = new TbKey[Kept];
    private int _entered;

    public void Enter(TranslationBlock block) => _keys[_entered++ & (Kept - 1)] = block.Key;

    /// <summary>Newest first.</summary>
    public IEnumerable<TbKey> Keys()
    {
        var known = Math.Min((uint)_entered, Kept);
        for (var i = 1; i <= known; i++) yield return _keys[(_entered - i) & (Kept - 1)];
    }
}
