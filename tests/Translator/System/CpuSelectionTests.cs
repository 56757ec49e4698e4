using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.SystemState;

public class CpuSelectionTests
{
    private static readonly CpuFeatureSet Nothing = default;

    [Fact]
    public void Every_model_is_closed_and_implemented()
    {
        foreach (var row in CpuModels.Rows)
        {
            Assert.Equal(row.Features, CpuDependencies.Close(row.Features));
            Assert.True(CpuFeatures.Implemented.HasAll(row.Features), row.Name);
            Assert.Equal(row.Features, CpuSelection.Parse(row.Name).Resolve(Nothing));
        }
    }

    [Theory]
    [InlineData("x86-64-v1", "x86-64-v2")]
    [InlineData("x86-64-v2", "x86-64-v3")]
    [InlineData("x86-64-v3", "max")]
    [InlineData("default", "max")]
    public void Each_level_holds_the_one_before(string less, string more) =>
        Assert.True(CpuModels.Find(more)!.Features.HasAll(CpuModels.Find(less)!.Features));

    [Fact]
    public void A_feature_brings_what_it_needs_and_takes_what_needs_it()
    {
        var more = Resolve("x86-64-v1,+avx2");
        Assert.True(more.Has(CpuFeature.Avx2) && more.Has(CpuFeature.Avx) && more.Has(CpuFeature.Xsave));
        var less = Resolve("x86-64-v3,-xsave");
        Assert.False(less.Has(CpuFeature.Xsave) || less.Has(CpuFeature.Avx) || less.Has(CpuFeature.Fma));
        Assert.True(less.Has(CpuFeature.Bmi2));
    }

    [Theory]
    [InlineData("max,-sse4.2", CpuFeature.Sse42, false)]
    [InlineData("max,-sse4_2", CpuFeature.Sse42, false)]
    [InlineData("max,sse4.2=off", CpuFeature.Sse42, false)]
    [InlineData("max,-sse3", CpuFeature.Sse42, false)]
    [InlineData("x86-64-v1,+pcid", CpuFeature.Pcid, true)]
    [InlineData("x86-64-v1,pcid", CpuFeature.Pcid, true)]
    [InlineData("x86-64-v1,pcid=on", CpuFeature.Pcid, true)]
    [InlineData("x86-64-v1,+lzcnt", CpuFeature.Lzcnt, true)]
    [InlineData("max", CpuFeature.Monitor, false)]
    [InlineData("max,+monitor", CpuFeature.Monitor, true)]
    [InlineData("default", CpuFeature.La57, false)]
    public void Features_have_qemus_names(string text, CpuFeature feature, bool there) => Assert.Equal(there, Resolve(text).Has(feature));

    [Theory]
    [InlineData("pentium", "no such processor model 'pentium'; 'help'")]
    [InlineData("x86_64_v2", "x86-64-v2")]
    [InlineData("max,+avx3", "(avx, avx2")]
    [InlineData("max,+quux", "no such processor feature 'quux'; 'help'")]
    [InlineData("max,", "empty")]
    [InlineData("max,avx=perhaps", "'on' or 'off'")]
    [InlineData("max,+avx,-avx", "asked for too")]
    [InlineData("max,+vaes,-avx", "vaes needs it")]
    public void Words_without_sense_are_refused_with_what_was_meant(string text, string hint) =>
        Assert.Contains(hint, Assert.Throws<ArgumentException>(() => CpuSelection.Parse(text)).Message);

    [Fact]
    public void What_the_host_cannot_do_is_left_out_unless_it_is_asked_for()
    {
        var missing = Nothing.With(CpuFeature.Avx);
        Assert.False(CpuSelection.Parse("max").Resolve(missing).Has(CpuFeature.Avx2));
        Refused("max,+avx2", missing, "processor feature avx cannot be had");
        Refused("x86-64-v3", missing, "x86-64-v3 needs avx");
        Assert.True(CpuSelection.Parse("x86-64-v3,-avx").Resolve(missing).Has(CpuFeature.Bmi1));
    }

    private static CpuFeatureSet Resolve(string text) => CpuSelection.Parse(text).Resolve(Nothing);

    private static void Refused(string text, CpuFeatureSet missing, string hint) =>
        Assert.Contains(hint, Assert.Throws<ArgumentException>(() => CpuSelection.Parse(text).Resolve(missing)).Message);
}
