using Iced.Intel;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Guest;

/// <summary>Which encodings a processor with some features has: one look for every instruction, whatever its row. Immutable, shared by all vCPUs of a machine.</summary>
public sealed class InstructionGate
{
    private static readonly (Code Code, CpuFeatureSet Needed)[] Encodings = Enum.GetValues<Code>()
        .Where(code => code != Code.INVALID && LiftTable.TryFind(code.Mnemonic(), out _))
        .Select(code => (code, needed: InstructionFeatures.Of(code)))
        .Where(row => row.needed is not null)
        .Select(row => (row.code, row.needed!.Value))
        .ToArray();

    private readonly bool[] _has = new bool[Enum.GetValues<Code>().Length];

    public InstructionGate(CpuFeatureSet features)
    {
        Decoding = InstructionFeatures.Decoding(features);
        foreach (var row in Encodings) _has[(int)row.Code] = features.HasAll(row.Needed);
    }

    /// <summary>Everything that has a row.</summary>
    public static InstructionGate Open { get; } = new(CpuFeatures.All);

    /// <summary>How the decoder must read encodings whose meaning depends on the features.</summary>
    public DecoderOptions Decoding { get; }

    /// <summary>The encoding has a row, and the processor all features that it needs.</summary>
    public bool Lets(Code code) => _has[(int)code];
}
