using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Tests.Coherence;

/// <summary>TBs for tests.</summary>
public static class Blocks
{
    public static TranslationBlock New(RamPage page, int offset, int bytes, RamPage? second = null, int id = 0) =>
        new(id, new TbKey(new RamOffset(page.Start.Value + (ulong)offset), new TbContext((ulong)offset, 0, TbFlags.Code64, TbCompileFlags.None)))
        {
            GuestBytes = bytes,
            GuestInstructions = 1,
            Page1 = second ?? RamPage.None,
        };
}
