using Akka.Configuration;
using Akka.Configuration.Hocon;
using Tcg.Mttcg.Actors.Settings;

namespace Tcg.Mttcg.Actors.Tests.Settings;

public class SettingsTests
{
    private static readonly string[] ReadByTheEngine = ["mttcg.vcpu-dispatcher.", "mttcg.vcpu-mailbox.", "mttcg.owner-mailbox.", "mttcg.inline-dispatcher."];

    private static IEnumerable<string> Leaves(string path, HoconValue value) => value.IsObject()
        ? value.GetObject().Items.SelectMany(item => Leaves($"{path}.{item.Key}", item.Value))
        : [path];

    private static IEnumerable<string> Documented => Leaves("mttcg", MttcgSettings.Reference().GetValue("mttcg"));

    private static string[] ReferenceLines()
    {
        using var stream = typeof(MttcgSettings).Assembly.GetManifestResourceStream("mttcg.conf")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n');
    }

    [Fact]
    public void Every_key_of_the_reference_is_read_and_every_key_read_is_there()
    {
        var ours = Documented.Where(key => !ReadByTheEngine.Any(key.StartsWith));
        Assert.Equal(ours.Order(), new MttcgSettings().KeysRead.Order());
    }

    [Fact]
    public void Every_key_has_a_comment_with_its_unit_above_it() => EachKeyHasItsUnit(ReferenceLines());

    internal static void EachKeyHasItsUnit(string[] lines)
    {
        for (var i = 0; i < lines.Length; i++)
        {
            if (!lines[i].Contains('=') || lines[i].TrimStart().StartsWith('#')) continue;
            // Keys of one kind may share a comment.
            var above = i - 1;
            while (lines[above].Contains('=') && !lines[above].TrimStart().StartsWith('#')) above--;
            Assert.True(lines[above].Contains("Unit:"), $"line {i + 1} has no unit: {lines[i]}");
        }
    }

    [Fact]
    public void A_program_overrides_single_keys()
    {
        var settings = new MttcgSettings(ConfigurationFactory.ParseString("mttcg.code-cache.size = 8M, mttcg.memory.bitmap-after-writes = 0"));
        Assert.Equal(8 << 20, settings.CodeBytes);
        Assert.Equal(0, settings.Coherence.BitmapAfterWrites);
        Assert.Equal(new MttcgSettings().Vcpu, settings.Vcpu);
    }

    [Theory]
    [InlineData("mttcg.translator.max-instructions = 512")]
    [InlineData("mttcg.tlb.minimum-entries = 300")]
    [InlineData("mttcg.machine.stop-timeout = 0 ms")]
    [InlineData("mttcg.code-cache.size = 0")]
    [InlineData("mttcg.vcpu.reply-spins = many")]
    public void A_value_without_sense_is_refused_by_name(string line)
    {
        var refusal = Assert.Throws<ConfigurationException>(() => new MttcgSettings(ConfigurationFactory.ParseString(line)));
        Assert.Contains(line[..line.IndexOf(' ')], refusal.Message);
    }
}
