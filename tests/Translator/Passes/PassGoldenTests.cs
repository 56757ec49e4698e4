using System.Runtime.CompilerServices;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Passes;

namespace Tcg.Mttcg.Translator.Tests.Passes;

/// <summary>
/// Each golden is IR before and after, with the passes named in its file name (up to the first dash; "all" is the whole pipeline).
/// <c>MTTCG_BLESS=1 dotnet test</c> rewrites the second half of each.
/// </summary>
public class PassGoldenTests
{
    private const string Separator = "->\n";

    public static TheoryData<string> Goldens => new(Directory.GetFiles(Folder(), "*.txt").Select(Path.GetFileName).Order(StringComparer.Ordinal)!);

    [Theory]
    [MemberData(nameof(Goldens))]
    public void A_block_becomes_what_the_golden_says(string file)
    {
        var path = Path.Combine(Folder(), file);
        var halves = File.ReadAllText(path).Split(Separator);
        var block = IrText.Parse(halves[0]);
        Assert.Null(IrVerifier.Check(block));
        new PassPipeline(PassesOf(file)).Run(block);
        Assert.Null(IrVerifier.Check(block));
        var after = IrText.Print(block);
        if (Environment.GetEnvironmentVariable("MTTCG_BLESS") == "1") File.WriteAllText(path, halves[0] + Separator + after);
        else Assert.Equal(halves.Length > 1 ? halves[1] : "(nothing blessed)", after);
    }

    [Fact]
    public void Every_pass_has_a_golden() =>
        Assert.All(PassPipeline.Default, pass => Assert.Contains(Directory.GetFiles(Folder()), file => Path.GetFileName(file).StartsWith(pass.Name + "-", StringComparison.Ordinal)));

    private static IEnumerable<PassRow> PassesOf(string file)
    {
        var name = file[..file.IndexOf('-', StringComparison.Ordinal)];
        return name == "all" ? PassPipeline.Default : PassPipeline.Default.Where(pass => pass.Name == name);
    }

    private static string Folder([CallerFilePath] string source = "") => Path.Combine(Path.GetDirectoryName(source)!, "Goldens");
}
