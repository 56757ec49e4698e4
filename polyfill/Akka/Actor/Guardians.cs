using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

/// <summary>/user and /system: parents that do nothing but supervise.</summary>
internal sealed class Guardian : ActorBase
{
    protected override bool Receive(object message) => message is Terminated;
}

/// <summary>Above the guardians: a guardian that fails or ends takes the system with it.</summary>
internal sealed class RootRef(ActorSystemImpl system) : MinimalActorRef
{
    public override ActorPath Path => system.RootPath;
    internal override ActorSystemImpl SystemImpl => system;

    public override void SendSystemMessage(ISystemMessage message)
    {
        switch (message)
        {
            case Failed failed: ((IInternalActorRef)failed.Child).Stop(); break;
            case DeathWatchNotification death: system.GuardianEnded(death.Actor); break;
        }
    }
}
