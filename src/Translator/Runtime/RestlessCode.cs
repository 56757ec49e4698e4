using System.Diagnostics;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>
/// Remembers blocks that found the bytes changed which they check themselves. One that changes again before its translation has paid is not worth one:
/// its first instruction is run uncached until its bytes have been the same for some runs. One vCPU's; a place that falls out of the table starts anew.
/// </summary>
/// <param name="restlessAfter">Changes in a row before it is not translated any more.</param>
/// <param name="restlessWithin">Changes further apart, in ticks of <see cref="Stopwatch"/>, are not in a row.</param>
/// <param name="calmAfter">Runs with the same bytes before it is.</param>
internal sealed unsafe class RestlessCode(int restlessAfter, long restlessWithin, int calmAfter)
{
    private const int Places = 64;

    private readonly Place[] _places = new Place[Places];

    /// <summary>A block was entered and found bytes changed: true when it had better not be translated now.</summary>
    /// <param name="now">Ticks of <see cref="Stopwatch"/>.</param>
    public bool IsRestless(TranslationBlock block, long now)
    {
        ref var place = ref _places[block.Key.PhysicalPc.Value % Places];
        if (place.Start != block.Key.PhysicalPc) place = new Place { Start = block.Key.PhysicalPc };
        var digest = DigestOf(block.Checks);
        if (place.Digest != digest)
        {
            var isSoon = now - place.Changed <= restlessWithin;
            (place.Digest, place.Calm, place.Changed, place.Changes) = (digest, 0, now, isSoon ? place.Changes + 1 : 1);
        }
        else
        {
            place.Calm++;
        }
        return place.Changes > restlessAfter && place.Calm < calmAfter;
    }

    private static ulong DigestOf(CodeCheck[] checks)
    {
        var hash = new HashCode();
        foreach (var check in checks) hash.AddBytes(new ReadOnlySpan<byte>(check.Host.Bytes, check.Length));
        return (uint)hash.ToHashCode();
    }

    private struct Place
    {
        public RamOffset Start;
        public ulong Digest;
        public long Changed;
        public int Changes;
        public int Calm;
    }
}
