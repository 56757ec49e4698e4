using System.Text.RegularExpressions;

namespace Tcg.Mttcg.Architecture.Tests;

public class SourceTests
{
    private const int MostLines = 500;

    // Pure tables, one line a row.
    private static readonly string[] Tables = [];

    [Theory]
    [InlineData("src")]
    [InlineData("polyfill")]
    [InlineData("guests")]
    public void No_file_is_longer_than_a_room(string folder) =>
        Assert.Empty(Repository.Files(folder, "*.cs").Where(f => File.ReadLines(f).Count() > MostLines).Select(Path.GetFileName).Except(Tables));

    // Two machines in one process share nothing mutable.
    [Fact]
    public void No_static_field_of_the_product_can_be_reassigned()
    {
        var mutable = new Regex(@"^\s*((public|private|internal|protected|unsafe|volatile)\s+)*static\s+(?!.*\b(readonly|const|class|struct|record|implicit|explicit|extern|delegate\*?|partial|event)\b)[^(=>{]*(=[^>][^(]*)?;");
        var found = Repository.Files("src", "*.cs")
            .SelectMany(f => File.ReadLines(f).Where(line => mutable.IsMatch(line)).Select(line => $"{Path.GetFileName(f)}: {line.Trim()}"));
        Assert.Empty(found);
    }
}
