using Iced.Intel;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>One instruction with everything it may see.</summary>
/// <param name="Optimise">With the passes.</param>
/// <param name="Memory">Data window, then stack window.</param>
internal sealed record OracleCase(OracleMode Mode, Form Form, bool Optimise, Registers Registers, byte[] Memory)
{
    public static int MemoryBytes => Arena.DataBytes + Arena.StackBytes;

    /// <param name="state">As <see cref="StateText"/> writes it.</param>
    public static OracleCase Parse(OracleMode mode, string code, string state)
    {
        var bytes = Convert.FromHexString(code);
        var form = new Form(Decoder.Create(mode.Bitness, bytes, mode.Start).Decode(), bytes);
        var memory = new byte[MemoryBytes];
        return new(mode, form, true, StateText.Parse(state, memory), memory);
    }

    /// <summary>The form must be set.</summary>
    /// <returns>The first difference; null: none.</returns>
    public string? Run(OracleBench bench)
    {
        if (Memory.Length == 0) return null;
        Memory.CopyTo(bench.Arena.Remembered);
        bench.Arena.RestoreNative();
        return bench.Compare(Registers);
    }

    /// <summary>C# source of a test that runs this case.</summary>
    public string Test(int seed)
    {
        var name = new string([.. Form.Instruction.Code.ToString().Select(letter => char.IsLetterOrDigit(letter) ? letter : '_')]);
        var mode = Mode == OracleMode.Long ? nameof(OracleMode.Long) : Mode == OracleMode.Flat ? nameof(OracleMode.Flat) : Mode == OracleMode.Short ? nameof(OracleMode.Short) : nameof(OracleMode.Segmented);
        return $"""
                // {Form.Instruction}: found with seed {seed}.
                [Fact]
                public void {name}_agrees_with_the_host_in_{mode.ToLowerInvariant()}_mode() =>
                    Agrees(OracleMode.{mode}, "{Convert.ToHexStringLower(Form.Bytes)}",
                        "{StateText.Format(Registers, Memory)}");
            """;
    }
}
