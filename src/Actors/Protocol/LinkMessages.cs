using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Protocol;

/// <summary>To the memory actor: make a translated TB findable, if its pages still have the versions they had before its bytes were read.</summary>
public sealed record Link(TranslationBlock Block, PageVersions Versions);

/// <param name="Outcome">What became of it.</param>
/// <param name="Existing">With <see cref="LinkOutcome.Existing"/>: the TB to use instead.</param>
public sealed record LinkReply(LinkOutcome Outcome, TranslationBlock? Existing) : IVcpuReply
{
    public static readonly LinkReply Linked = new(LinkOutcome.Linked, null);
    public static readonly LinkReply Stale = new(LinkOutcome.Stale, null);
}
