using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

// Failing, and what the supervisor may decide: resume, restart, stop, escalate.
public sealed partial class ActorCell
{
    private readonly Queue<SystemMessage> _postponed = new();
    private bool _failed;
    private IActorRef _perpetrator;

    /// <param name="cause">What was thrown.</param>
    /// <param name="perpetrator">The child whose failure was escalated; null when it is our own.</param>
    private void HandleFailure(Exception cause, IActorRef perpetrator)
    {
        if (_failed || IsTerminated) return;
        (_failed, _perpetrator) = (true, perpetrator ?? _self);
        Mailbox.Suspend();
        foreach (var child in Children)
            if (!child.Equals(perpetrator)) child.Suspend();
        ParentRef.SendSystemMessage(new Failed(_self, cause));
    }

    /// <summary>A child has failed: asks our strategy. What it throws is our own failure, hence the parent's affair.</summary>
    private void HandleFailed(Failed failed)
    {
        _turn.Sender = failed.Child;
        if (StatsOf(failed.Child) is not { } stats) return;
        var strategy = _actor?.Strategy ?? SupervisorStrategy.DefaultStrategy;
        if (!strategy.HandleFailure(this, stats, failed.Cause))
            global::System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failed.Cause);
    }

    private void FaultSuspend()
    {
        Mailbox.Suspend();
        foreach (var child in Children) child.Suspend();
    }

    private void FaultResume(Exception causedByFailure)
    {
        if (_waitReason == Reason.Termination)
        {
            Mailbox.Resume();
            return;
        }
        if (_actor == null)
        {
            FaultCreate();
            return;
        }
        var perpetrator = _perpetrator;
        if (causedByFailure != null) (_failed, _perpetrator) = (false, null);
        Mailbox.Resume();
        foreach (var child in Children) child.Resume(child.Equals(perpetrator) ? causedByFailure : null);
    }

    private void FaultRecreate(Exception cause)
    {
        if (_actor == null || _waitReason == Reason.Termination)
        {
            FaultResume(null);
            return;
        }
        try
        {
            CancelReceiveTimeout();
            _receiveTimeout = null;
            _actor.AroundPreRestart(cause, CurrentMessage);
        }
        catch (Exception e)
        {
            Publish(new Error(e, _self.Path.ToString(), _actor.GetType(), "Exception in PreRestart: " + e.Message));
        }
        ClearActor();
        if (!WaitForDyingChildren(Reason.Recreation, cause)) FinishRecreate(cause);
    }

    private void FinishRecreate(Exception cause)
    {
        var survivors = Children.ToArray();
        try
        {
            Mailbox.Resume();
            (_failed, _perpetrator) = (false, null);
            CurrentMessage = null;
            NewInstance().AroundPostRestart(cause, null);
            StartReceiveTimeout();
            foreach (var child in survivors) child.Restart(cause);
        }
        catch (Exception e)
        {
            ClearActor();
            HandleFailure(new PostRestartException(_self, e, cause), perpetrator: null);
        }
    }

    /// <summary>The failed instance was never complete: start from nothing.</summary>
    private void FaultCreate()
    {
        StopChildren();
        if (!WaitForDyingChildren(Reason.Creation)) FinishCreate();
    }

    private void FinishCreate()
    {
        Mailbox.Resume();
        (_failed, _perpetrator) = (false, null);
        CreateActor();
    }

    private void HandleTerminate()
    {
        CancelReceiveTimeout();
        _receiveTimeout = null;
        // First the mark, then the stops: no child can slip in between.
        if (!TryMarkTerminating()) return;
        StopChildren();
        if (!WaitForDyingChildren(Reason.Termination))
        {
            FinishTerminate();
            return;
        }
        Mailbox.Suspend();
        _failed = true;
    }

    private void FinishTerminate()
    {
        try
        {
            _actor?.AroundPostStop();
        }
        catch (Exception e)
        {
            Publish(new Error(e, _self.Path.ToString(), _actor.GetType(), e.Message));
        }
        finally
        {
            ClearActor();
            _postponed.Clear();
            Dispatcher.Detach(this);
            ParentRef.SendSystemMessage(new DeathWatchNotification(_self, existenceConfirmed: true));
            TellWatchers();
            UnwatchAll();
        }
    }

    private void Publish(object @event) => SystemImpl.EventStream.Publish(@event);
}
