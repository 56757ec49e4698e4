using System.Xml.Linq;

namespace Tcg.Mttcg.Architecture.Tests;

/// <summary>The house has one direction: each project may reference these and no others.</summary>
public class ReferenceTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Memory"] = [],
        ["Translator"] = ["Memory"],
        ["Machine"] = ["Memory"],
        ["Actors"] = ["Memory", "Translator", "Machine"],
        ["Library"] = ["Actors"],
        ["SelfTest"] = ["Translator"],
        ["Cli"] = ["Library", "Guests", "SelfTest"],
    };

    public static TheoryData<string> Projects() => [.. Allowed.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_lies_below_it(string project)
    {
        var file = Path.Combine(Repository.Root, "src", project, $"Tcg.Mttcg.{project}.csproj");
        var references = XDocument.Load(file).Descendants("ProjectReference")
            .Select(e => Path.GetFileNameWithoutExtension(e.Attribute("Include")!.Value)["Tcg.Mttcg.".Length..]);
        Assert.Empty(references.Except(Allowed[project]));
    }

    [Fact]
    public void Every_project_of_the_product_has_its_row() =>
        Assert.Equal(Allowed.Keys.Order(), Repository.Files("src", "*.csproj").Select(f => Path.GetFileNameWithoutExtension(f)["Tcg.Mttcg.".Length..]).Order());

    [Fact]
    public void Only_the_actors_project_picks_an_actor_engine() =>
        Assert.Equal(
            ["Tcg.Mttcg.Actors.csproj"],
            Repository.Files("src", "*.csproj").Where(f => File.ReadAllText(f).Contains("ActorEngine")).Select(Path.GetFileName));
}
