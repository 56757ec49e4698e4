using Iced.Intel;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>What a run of the oracle covers.</summary>
public sealed record OracleOptions
{
    /// <summary>A case is one instruction on one set of registers and memory, on the host and on every chosen back end.</summary>
    public long Cases { get; init; } = 200_000;

    public int Seed { get; init; } = 1;

    /// <summary>Null: every mnemonic that has a row.</summary>
    public Mnemonic? Only { get; init; }

    public IReadOnlyList<OracleMode> Modes { get; init; } = OracleMode.Available;

    public OracleBackEnds BackEnds { get; init; } = OracleBackEnds.Both;
}

/// <summary>How far a run is.</summary>
public readonly record struct OracleProgress(OracleMode Mode, long Done, long Cases, int Mismatches);

/// <summary>An instruction whose outcome differs, shrunk.</summary>
/// <param name="Difference">Where, as text.</param>
/// <param name="Test">A regression test as C# source.</param>
public sealed record OracleFailure(OracleMode Mode, string Instruction, string Difference, string Test);

/// <summary>What a run found.</summary>
/// <param name="Ran">Cases by mnemonic.</param>
/// <param name="Mismatches">Encodings that differ in some mode; the first of them are in <paramref name="Failures"/>.</param>
public sealed record OracleSummary(long Cases, IReadOnlyDictionary<Mnemonic, long> Ran, int Mismatches, IReadOnlyList<OracleFailure> Failures);
