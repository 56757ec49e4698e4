using Akka.Dispatch;
using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

/// <summary>The handle of an actor in this process.</summary>
internal class LocalActorRef : MinimalActorRef
{
    public LocalActorRef(ActorSystemImpl system, Props props, MessageDispatcher dispatcher, MailboxType mailboxType, IInternalActorRef parent, ActorPath path)
    {
        Path = path;
        Cell = new ActorCell(system, this, props, dispatcher, parent);
        Cell.Init(mailboxType);
    }

    public ActorCell Cell { get; }
    public override ActorPath Path { get; }
    internal override ActorSystemImpl SystemImpl => Cell.SystemImpl;
    public override IInternalActorRef Parent => Cell.ParentRef;
    public override bool IsTerminated => Cell.IsTerminated;
    public override void Start() => Cell.Start();
    public override void Stop() => Cell.Stop();
    public override void Suspend() => SendSystemMessage(new Suspend());
    public override void Resume(Exception causedByFailure = null) => SendSystemMessage(new Resume(causedByFailure));
    public override void Restart(Exception cause) => SendSystemMessage(new Recreate(cause));
    public override void SendSystemMessage(ISystemMessage message) => Cell.SendSystemMessage((SystemMessage)message);
    protected override void TellInternal(object message, IActorRef sender) => Cell.SendMessage(sender, message);
}
