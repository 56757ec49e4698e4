using Akka.Actor;

namespace Akka.TestKit;

/// <summary>Keeps the implicit sender across the awaits of an asynchronous test.</summary>
internal sealed class ActorCellKeepingContext(SynchronizationContext inner, ActorCell cell) : SynchronizationContext
{
    public override void Post(SendOrPostCallback d, object state)
    {
        void Run(object s)
        {
            var (outer, outerCell) = (Current, ActorCell.Current);
            SetSynchronizationContext(this);
            ActorCell.Current = cell;
            try
            {
                d(s);
            }
            finally
            {
                ActorCell.Current = outerCell;
                SetSynchronizationContext(outer);
            }
        }
        if (inner != null) inner.Post(Run, state);
        else ThreadPool.QueueUserWorkItem(Run, state);
    }

    public override void OperationStarted() => inner?.OperationStarted();
    public override void OperationCompleted() => inner?.OperationCompleted();
    public override SynchronizationContext CreateCopy() => this;
}
