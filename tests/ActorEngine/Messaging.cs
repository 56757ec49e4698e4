using Akka.Actor;
using Akka.TestKit.Xunit2;

namespace Tcg.Mttcg.ActorEngine.Tests;

public class Messaging : TestKit
{
    private sealed class Echo : ReceiveActor
    {
        public Echo()
        {
            Receive<string>(s => Sender.Tell(s));
            Receive<int>(i => i > 10, i => Sender.Tell(i * 2));
        }
    }

    [Fact]
    public void An_echo_answers_the_test_actor()
    {
        var echo = Sys.ActorOf(Props.Create(() => new Echo()), "echo");
        echo.Tell("hello");
        ExpectMsg("hello");
        Assert.Equal(echo, LastSender);
        Assert.Equal("akka://test/user/echo", echo.Path.ToString());
    }
}
