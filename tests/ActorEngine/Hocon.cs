using Akka.Configuration;
using Akka.Configuration.Hocon;

namespace Tcg.Mttcg.ActorEngine.Tests;

public class Hocon
{
    private static Config Parse(string text) => ConfigurationFactory.ParseString(text);

    [Theory]
    [InlineData("a.b = 1")]
    [InlineData("a { b = 1 }")]
    [InlineData("a { b : 1 }")]
    [InlineData("{ a { b = 1 } }")]
    [InlineData("a = { b = 1, c = 2 }")]
    [InlineData("a\n{\nb = 1\n}")]
    [InlineData("# comment\na { // comment\n b = 1 # comment\n}")]
    [InlineData("a { b = 0 }\na { c = 2 }\na.b = 1")]
    [InlineData("a = 5\na { b = 1 }")]
    public void There_are_many_ways_to_say_one_thing(string text) => Assert.Equal(1, Parse(text).GetInt("a.b"));

    [Fact]
    public void Values_have_types()
    {
        var config = Parse("i = 7, l = 5000000000, d = 1.5, s = some text , q = \"a b\", yes = on, no = false, none = null");
        Assert.Equal(7, config.GetInt("i"));
        Assert.Equal(5_000_000_000, config.GetLong("l"));
        Assert.Equal(1.5, config.GetDouble("d"));
        Assert.Equal("some text", config.GetString("s"));
        Assert.Equal("a b", config.GetString("q"));
        Assert.True(config.GetBoolean("yes"));
        Assert.False(config.GetBoolean("no"));
        Assert.Null(config.GetString("none"));
    }

    [Fact]
    public void What_is_missing_has_a_default()
    {
        var config = Parse("a = 1");
        Assert.Equal(9, config.GetInt("x", 9));
        Assert.Equal(0, config.GetInt("x"));
        Assert.Equal("d", config.GetString("x.y", "d"));
        Assert.Null(config.GetConfig("x"));
        Assert.False(config.HasPath("x"));
        Assert.Equal(TimeSpan.FromSeconds(2), config.GetTimeSpan("x", TimeSpan.FromSeconds(2)));
        Assert.Empty(config.GetStringList("x"));
    }

    [Theory]
    [InlineData("10 ns", 0)]
    [InlineData("500 micros", 5_000)]
    [InlineData("10ms", 100_000)]
    [InlineData("10", 100_000)]
    [InlineData("1.5 s", 15_000_000)]
    [InlineData("2 minutes", 1_200_000_000)]
    [InlineData("1 h", 36_000_000_000)]
    [InlineData("1d", 864_000_000_000)]
    public void Durations_have_units(string text, long ticks) => Assert.Equal(ticks, Parse($"t = {text}").GetTimeSpan("t").Ticks);

    [Fact]
    public void A_duration_can_be_infinite() => Assert.Equal(Timeout.InfiniteTimeSpan, Parse("t = infinite").GetTimeSpan("t"));

    [Theory]
    [InlineData("512", 512)]
    [InlineData("512b", 512)]
    [InlineData("2 KiB", 2048)]
    [InlineData("2kB", 2000)]
    [InlineData("64m", 64 << 20)]
    [InlineData("64MB", 64_000_000)]
    [InlineData("3 GiB", 3L << 30)]
    [InlineData("1T", 1L << 40)]
    public void Sizes_have_units(string text, long bytes) => Assert.Equal(bytes, Parse($"s = {text}").GetByteSize("s", null));

    [Fact]
    public void A_unit_that_is_none_is_an_error() => Assert.Throws<FormatException>(() => Parse("s = 5 apples").GetByteSize("s", null));

    [Fact]
    public void Lists_keep_their_order()
    {
        var config = Parse("a = [1, 2,3]\nb = [\n one\n \"two\"\n]\nc = []");
        Assert.Equal([1, 2, 3], config.GetIntList("a"));
        Assert.Equal(["one", "two"], config.GetStringList("b"));
        Assert.Empty(config.GetStringList("c"));
    }

    [Fact]
    public void Objects_stand_in_lists() =>
        Assert.Equal([1, 2], Parse("a = [{ n = 1 }, { n = 2 }]").GetValue("a").GetArray().Select(v => v.GetObject().GetKey("n").GetInt()));

    [Fact]
    public void Quoted_keys_may_hold_dots_and_blanks()
    {
        var config = Parse("a { \"b.c d\" = 1 }");
        Assert.Equal(1, config.GetInt("a.\"b.c d\""));
        Assert.Equal(["b.c d"], config.GetConfig("a").AsEnumerable().Select(p => p.Key));
    }

    [Fact]
    public void Quoted_text_has_escapes() => Assert.Equal("a\"b\\c\n\u00e9", Parse("""s = "a\"b\\c\n\u00e9" """).GetString("s"));

    [Fact]
    public void Triple_quotes_hold_anything() => Assert.Equal("a \"b\" { # \\n\n c", Parse("s = \"\"\"a \"b\" { # \\n\n c\"\"\"\nz = 1").GetString("s"));

    [Fact]
    public void A_substitution_stands_for_a_value_of_the_same_text()
    {
        var config = Parse("a { n = 5, o { x = 1 } }\nb = ${a.n}\nc = ${a.o}\nd = \"pre \"${a.n}");
        Assert.Equal(5, config.GetInt("b"));
        Assert.Equal(1, config.GetInt("c.x"));
        Assert.Equal("pre 5", config.GetString("d"));
    }

    [Fact]
    public void A_substitution_may_come_before_its_value() => Assert.Equal(5, Parse("b = ${a}\na = 5").GetInt("b"));

    [Fact]
    public void A_substitution_for_nothing_is_an_error() => Assert.Throws<FormatException>(() => Parse("b = ${nowhere}"));

    [Fact]
    public void Unquoted_text_does_not_hold_colons() => Assert.Throws<ConfigurationException>(() => Parse("u = http://x"));

    [Fact]
    public void Later_wins() => Assert.Equal(2, Parse("a = 1\na = 2").GetInt("a"));

    [Fact]
    public void A_fallback_fills_the_gaps()
    {
        var config = Parse("a { b = 1, o { x = 1 } }").WithFallback(Parse("a { b = 9, c = 2, o { y = 2 } }\nz = 3"));
        Assert.Equal((1, 2, 1, 2, 3), (config.GetInt("a.b"), config.GetInt("a.c"), config.GetInt("a.o.x"), config.GetInt("a.o.y"), config.GetInt("z")));
        Assert.Equal(2, config.GetConfig("a").GetInt("c"));
    }

    [Fact]
    public void A_fallback_of_a_fallback_counts_too() =>
        Assert.Equal((1, 2, 3), Values(Parse("a = 1").WithFallback(Parse("a = 2, b = 2")).WithFallback(Parse("a = 3, b = 3, c = 3"))));

    [Fact]
    public void An_empty_configuration_is_its_fallback() => Assert.Equal(1, ConfigurationFactory.Empty.WithFallback(Parse("a = 1")).GetInt("a"));

    [Fact]
    public void Included_text_merges_where_it_stands()
    {
        var asked = new List<string>();
        HoconRoot Include(string name)
        {
            asked.Add(name);
            return Parser.Parse("n = 5\nm = ${n}\no { x = 1 }", Include);
        }
        var config = ConfigurationFactory.ParseString("a { include \"other\"\n o { y = 2 }\n n = 6 }", Include);
        Assert.Equal(["other"], asked);
        Assert.Equal((6, 1, 2), (config.GetInt("a.n"), config.GetInt("a.o.x"), config.GetInt("a.o.y")));
        Assert.Equal(6, config.GetInt("a.m"));
    }

    [Fact]
    public void A_resource_can_be_read() =>
        Assert.Equal(42, ConfigurationFactory.FromResource("Tcg.Mttcg.ActorEngine.Tests.sample.conf", typeof(Hocon).Assembly).GetInt("sample.answer"));

    [Fact]
    public void Keys_and_kinds_of_values_can_be_listed()
    {
        var config = Parse("a = 1\no { x = 2 }\nl = [1]");
        Assert.Equal(["a", "l", "o"], config.AsEnumerable().Select(p => p.Key).Order());
        var values = config.AsEnumerable().ToDictionary(p => p.Key, p => p.Value);
        Assert.True(values["a"].IsString());
        Assert.True(values["o"].IsObject());
        Assert.True(values["l"].IsArray());
        Assert.Equal(["x"], values["o"].GetObject().Items.Keys);
    }

    [Fact]
    public void A_configuration_prints_what_parses_back() =>
        Assert.Equal((1, "a b", 3), Values2(Parse(Parse("a = 1\ns = \"a b\"\no { c { d = 3 } }").ToString())));

    private static (int, int, int) Values(Config c) => (c.GetInt("a"), c.GetInt("b"), c.GetInt("c"));

    private static (int, string, int) Values2(Config c) => (c.GetInt("a"), c.GetString("s"), c.GetInt("o.c.d"));
}
