using Tcg.Mttcg.SelfTest.Isa;

namespace Tcg.Mttcg.Translator.Tests.Isa;

/// <summary>docs/isa.md says what the rows say.</summary>
public class IsaPageTests
{
    [Fact]
    public void The_page_is_that_of_the_rows()
    {
        var page = File.ReadAllText(Path.Combine(Root(), "docs", "isa.md"));
        Assert.True(page == IsaPage.Write(), "docs/isa.md is stale: ./mttcg selftest --isa > docs/isa.md");
    }

    [Fact]
    public void No_known_gap_is_closed() => Assert.Empty(KnownGaps.Stale);

    [Fact]
    public void Every_mnemonic_is_in_a_group_with_its_encodings() =>
        Assert.All(IsaGroups.All, group => Assert.All(IsaRow.Of(group), row => Assert.NotEmpty(row.Encodings)));

    private static string Root()
    {
        var directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Tcg.Mttcg.sln"))) directory = Path.GetDirectoryName(directory);
        return directory ?? throw new InvalidOperationException("the tests run outside the repository");
    }
}
