using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Actors.Coherence;

// The dead of the interpreter. Translated code goes with its region; a TB without one would keep its descriptor for ever.
public sealed partial class CodeCoherence
{
    private List<TranslationBlock> _dead = [];

    /// <summary>TBs without a region whose descriptors wait to be given back.</summary>
    public int Unreleased { get; private set; }

    private void Bury(TranslationBlock block)
    {
        _dead.Add(block);
        Unreleased++;
        if (_dead.Count < options.ReleaseAfterDeaths) return;
        var dead = _dead;
        _dead = [];
        _grace.Begin(ticket => new ForgetDeadBlocks(ticket), () =>
        {
            foreach (var one in dead) blocks.Release(one);
            Unreleased -= dead.Count;
        });
    }
}
