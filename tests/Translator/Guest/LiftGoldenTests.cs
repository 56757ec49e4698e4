using System.Runtime.CompilerServices;
using System.Text;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.Guest;

/// <summary>
/// Each golden is a list of cases: <c>&gt; mode code ; disassembly</c>, then the IR it lifts to as a block of one instruction.
/// <c>MTTCG_BLESS=1 dotnet test</c> rewrites all but modes and code.
/// </summary>
public sealed class LiftGoldenTests
{
    private static readonly Dictionary<string, TbFlags> Modes = new()
    {
        ["64"] = Lifted.Flat64,
        ["64user"] = Lifted.Flat64 | TbFlags.CplMask,
        ["32"] = Lifted.Flat32,
        ["32segmented"] = Lifted.Segmented32,
        ["16real"] = Lifted.Real16,
        ["16v86"] = TbFlags.Protected | TbFlags.Virtual8086 | TbFlags.CplMask,
    };

    public static TheoryData<string> Goldens => new(Directory.GetFiles(Folder(), "*.txt").Select(Path.GetFileName).Order(StringComparer.Ordinal)!);

    [Theory]
    [MemberData(nameof(Goldens))]
    public void Instructions_lift_to_what_the_golden_says(string file)
    {
        var path = Path.Combine(Folder(), file);
        var text = File.ReadAllText(path);
        var actual = new StringBuilder();
        foreach (var line in text.Split('\n').Where(line => line.StartsWith('>')))
        {
            var words = line[1..].Split(';')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            actual.Append(Case(words[0], string.Concat(words[1..])));
        }
        if (Environment.GetEnvironmentVariable("MTTCG_BLESS") == "1") File.WriteAllText(path, actual.ToString());
        else Assert.Equal(text, actual.ToString());
    }

    private static string Case(string mode, string hex)
    {
        var flags = Modes[mode];
        var block = Lifted.Lift(hex, flags, compile: (TbCompileFlags)1);
        var decoder = Iced.Intel.Decoder.Create(block.Context.Bitness, Convert.FromHexString(hex), 0x1000);
        var text = new StringBuilder($"> {mode} {hex} ; {decoder.Decode()}\n");
        foreach (var line in IrText.Print(block).Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(2)) text.Append("  ").Append(line.Trim()).Append('\n');
        return text.Append('\n').ToString();
    }

    private static string Folder([CallerFilePath] string source = "") => Path.Combine(Path.GetDirectoryName(source)!, "Goldens");
}
