namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>
/// How user code runs, natively and in the guest alike: width, and the linear addresses at which CS, and DS with ES, begin. SS is always flat, so that
/// signals find the stack. Segments that begin elsewhere come from a local descriptor table, 16-bit ones are 64 KiB long.
/// </summary>
/// <param name="Bitness">16, 32 or 64.</param>
public sealed record OracleMode(string Name, int Bitness, ulong CodeBase = 0, ulong DataBase = 0)
{
    public static OracleMode Long { get; } = new("64", 64);
    public static OracleMode Flat { get; } = new("32", 32);
    public static OracleMode Segmented { get; } = new("32 with segments", 32, NativeRunner.CodeAddress, Arena.Address);
    public static OracleMode Short { get; } = new("16", 16, NativeRunner.CodeAddress, Arena.Address + Arena.ShortSegment);

    /// <summary>What this host can run natively.</summary>
    public static IReadOnlyList<OracleMode> Available => LocalDescriptors.AreAllowed ? [Long, Flat, Segmented, Short] : [Long, Flat];

    /// <summary>The flat mode of that width.</summary>
    internal static OracleMode Of(int bitness) => bitness == 64 ? Long : Flat;

    public bool IsSegmented => CodeBase != 0;

    /// <summary>RIP of the instruction under test.</summary>
    internal ulong Start => NativeRunner.Slot - CodeBase;

    internal ulong SegmentBase(Iced.Intel.Register segment) => segment switch
    {
        Iced.Intel.Register.DS or Iced.Intel.Register.ES => DataBase,
        Iced.Intel.Register.CS => CodeBase,
        _ => 0,
    };

    public override string ToString() => Name;
}
