using Akka.Configuration;
using Akka.Configuration.Hocon;
using Tcg.Mttcg.Actors.Settings;

namespace Tcg.Mttcg.Actors.Tests.Settings;

public sealed class ProfileTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public static TheoryData<string> Names() => [.. SettingsProfile.All().Select(profile => profile.Name)];

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void There_are_the_documented_ones() => Assert.Equal(["ci", "debug", "many-cpus", "throughput"], SettingsProfile.All().Select(profile => profile.Name));

    // What -profile help prints fits 80 columns.
    [Theory]
    [MemberData(nameof(Names))]
    public void Each_says_what_it_is_for(string name) => Assert.InRange(SettingsProfile.Load(name).Description.Length, 20, 65);

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_makes_sense_and_says_nothing_that_the_reference_says_already(string name)
    {
        var overrides = SettingsProfile.Load(name).Overrides;
        _ = new MttcgSettings(overrides);
        var reference = MttcgSettings.Reference();
        Assert.All(Leaves("mttcg", overrides.GetValue("mttcg")), key => Assert.NotEqual(reference.GetString(key), overrides.GetString(key)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_key_has_a_comment_with_its_unit_above_it(string name)
    {
        using var stream = typeof(SettingsProfile).Assembly.GetManifestResourceStream($"profiles/{name}.conf")!;
        using var reader = new StreamReader(stream);
        SettingsTests.EachKeyHasItsUnit(reader.ReadToEnd().Split('\n'));
    }

    [Theory]
    [InlineData("mttcg.memory.bitmap-after-write = 3", "mttcg.memory.bitmap-after-write: no such key")]
    [InlineData("mttcg { memory { bitmaps { after-writes = 3 } } }", "mttcg.memory.bitmaps.after-writes: no such key")]
    [InlineData("mttcg { memory = 3 }", "mttcg.memory: no such key")]
    [InlineData("memory { bitmap-after-writes = 3 }", "memory: no such key")]
    public void A_file_with_a_key_that_nobody_reads_is_refused_by_name(string text, string named)
    {
        File.WriteAllText(_file, text);
        var refusal = Assert.Throws<ConfigurationException>(() => SettingsProfile.Load(_file));
        Assert.StartsWith(_file, refusal.Message);
        Assert.Contains(named, refusal.Message);
    }

    [Fact]
    public void A_program_is_refused_unknown_keys_too() =>
        Assert.Contains("mttcg.vcpu.spins", Assert.Throws<ConfigurationException>(() => new MttcgSettings(ConfigurationFactory.ParseString("mttcg.vcpu.spins = 3"))).Message);

    [Fact]
    public void A_file_may_tune_the_actor_engine_as_well()
    {
        File.WriteAllText(_file, "# A file.\nakka.loglevel = ERROR\nmttcg.vcpu-dispatcher.throughput = 7\n");
        var profile = SettingsProfile.Load(_file);
        Assert.Equal("A file.", profile.Description);
        var settings = new MttcgSettings(profile.Overrides);
        Assert.Equal(("ERROR", 7), (settings.Config.GetString("akka.loglevel"), settings.Config.GetInt("mttcg.vcpu-dispatcher.throughput")));
    }

    [Fact]
    public void Neither_a_name_nor_a_file_is_refused_with_the_names() =>
        Assert.Contains("ci, debug, many-cpus, throughput", Assert.Throws<ConfigurationException>(() => SettingsProfile.Load("fast")).Message);

    [Theory]
    [InlineData("mttcg.memory.bitmap-after-writes", "KEY=VALUE")]
    [InlineData("=3", "KEY=VALUE")]
    [InlineData("mttcg.memory.bitmap-after-write=3", "no such key")]
    [InlineData("mttcg.memory=3", "no such key")]
    [InlineData("akka.loglevel=DEBUG", "no such key")]
    [InlineData("mttcg.machine.cpu=a\"\nmttcg.vcpu.turn = 1 ms", "without quotes")]
    public void A_single_key_that_makes_no_sense_is_refused(string pair, string named) =>
        Assert.Contains(named, Assert.Throws<ConfigurationException>(() => SettingsProfile.Single(pair)).Message);

    [Fact]
    public void Single_keys_lie_over_a_profile_and_the_profile_over_the_reference()
    {
        var overrides = SettingsProfile.Single("mttcg.code-cache.size=8M").WithFallback(SettingsProfile.Load("ci").Overrides);
        var (settings, ci, reference) = (new MttcgSettings(overrides), new MttcgSettings(SettingsProfile.Load("ci").Overrides), new MttcgSettings());
        Assert.Equal(8 << 20, settings.CodeBytes);
        Assert.Equal(ci.Life, settings.Life);
        Assert.NotEqual(reference.Life, settings.Life);
        Assert.Equal(reference.Tlb, settings.Tlb);
    }

    private static IEnumerable<string> Leaves(string path, HoconValue value) => value.IsObject()
        ? value.GetObject().Items.SelectMany(item => Leaves($"{path}.{item.Key}", item.Value))
        : [path];
}
