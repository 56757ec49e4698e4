using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Dispatch.MessageQueues;
using Tcg.Mttcg.Actors.Vcpu;

namespace Tcg.Mttcg.Actors.Mailboxes;

/// <summary>The mailbox type of vCPUs, named in HOCON.</summary>
public sealed class KickMailbox(Akka.Actor.Settings settings, Config config) : MailboxType(settings, config), IProducesMessageQueue<KickQueue>
{
    public override IMessageQueue Create(IActorRef owner, ActorSystem system) => VcpuDoors.Of(system).Find(owner.Path.Name);
}
