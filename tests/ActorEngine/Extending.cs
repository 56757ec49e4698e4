using Akka.Actor;
using Akka.TestKit.Xunit2;

namespace Tcg.Mttcg.ActorEngine.Tests;

public class Extending : TestKit
{
    [Fact]
    public void A_system_has_one_of_each_extension()
    {
        var first = Sys.WithExtension<Doorbell, DoorbellId>();
        Assert.Same(first, Sys.WithExtension<Doorbell, DoorbellId>());
        Assert.Same(first, new DoorbellId().Get(Sys));
        Assert.Same(first, new DoorbellId().Apply(Sys));
        Assert.True(Sys.HasExtension<Doorbell>());
    }

    [Fact]
    public void Two_systems_share_no_extension()
    {
        using var other = ActorSystem.Create("other", DefaultConfig);
        Assert.NotSame(Sys.WithExtension<Doorbell, DoorbellId>(), other.WithExtension<Doorbell, DoorbellId>());
        other.Terminate().Wait(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Many_threads_get_the_same_extension()
    {
        var all = new Doorbell[16];
        Parallel.For(0, all.Length, i => all[i] = Sys.WithExtension<Doorbell, DoorbellId>());
        Assert.Single(all.Distinct());
    }

    [Fact]
    public void A_system_must_have_a_proper_name() => Assert.Throws<ArgumentException>(() => ActorSystem.Create("not valid!"));

    [Fact]
    public void Settings_show_the_whole_configuration()
    {
        using var other = ActorSystem.Create("other", Akka.Configuration.ConfigurationFactory.ParseString("mine.answer = 42").WithFallback(DefaultConfig));
        Assert.Equal(42, other.Settings.Config.GetInt("mine.answer"));
        Assert.Equal("Dispatcher", other.Settings.Config.GetString("akka.actor.default-dispatcher.type"));
        other.Terminate().Wait(TimeSpan.FromSeconds(10));
    }
}
