using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Passes;

/// <summary>What a temporary is known to equal.</summary>
internal struct KnownValue
{
    /// <summary>None: nothing is known.</summary>
    public Operand Value;

    /// <summary>Reads up to this size see the value.</summary>
    public OpSize Size;

    /// <summary>The source's version when it was copied: a later write to it makes this worthless.</summary>
    public int SourceVersion;

    /// <summary>Counts writes to this temporary.</summary>
    public int Version;
}
