using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Dispatch.MessageQueues;

namespace Tcg.Mttcg.Actors.Mailboxes;

/// <summary>The mailbox type of the owners, named in HOCON.</summary>
public sealed class OwnerMailbox(Akka.Actor.Settings settings, Config config) : MailboxType(settings, config), IProducesMessageQueue<OwnerQueue>
{
    public override IMessageQueue Create(IActorRef owner, ActorSystem system) => new OwnerQueue();
}
