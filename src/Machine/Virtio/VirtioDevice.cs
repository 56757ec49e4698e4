namespace Tcg.Mttcg.Machine.Virtio;

/// <summary>
/// One type of virtio device, whatever carries it. Plain and single-threaded: called inside the device's gate, also by what its back ends complete.
/// </summary>
public abstract class VirtioDevice
{
    private IVirtioTransport? _transport;

    public abstract VirtioType Type { get; }

    /// <summary>For the log.</summary>
    public abstract string Name { get; }

    /// <summary>What the type offers beyond the features that every device here has.</summary>
    public abstract ulong Features { get; }

    /// <summary>Entries of each queue.</summary>
    public abstract IReadOnlyList<ushort> QueueSizes { get; }

    /// <summary>The type's configuration structure as the driver reads it now.</summary>
    public abstract ReadOnlySpan<byte> Configuration { get; }

    protected IVirtioTransport Transport => _transport ?? throw new InvalidOperationException($"{Name} is not plugged in");

    /// <summary>Once, before anything runs.</summary>
    internal void Plug(IVirtioTransport transport)
    {
        _transport = transport;
        OnPlugged();
    }

    /// <summary>The driver made buffers of a queue available, or the device begins to work.</summary>
    public abstract void Notify(int queue);

    /// <summary>There is a transport now.</summary>
    protected virtual void OnPlugged() { }

    /// <summary>Forgets all buffers: guest memory belongs to the driver again when this returns.</summary>
    public abstract void Reset();

    /// <summary>
    /// Uses up what is available in a queue. A driver that adds buffers as fast as they are used does not keep the calling vCPU here: after a queue's worth the rest waits
    /// for the thread pool.
    /// </summary>
    /// <param name="use">False: it cannot be used now. It will be popped again; the device sees to it that it is.</param>
    protected void Drain(int index, DescriptorChain chain, Func<DescriptorChain, bool> use)
    {
        var queue = Transport.Queue(index);
        int left = queue.Size;
        bool blocked = false;
        do
        {
            queue.SuppressNotifications();
            while (left > 0 && !blocked && queue.TryPop(chain))
            {
                if (blocked = !use(chain)) queue.Unpop();
                else queue.Push(chain);
                left--;
            }
        }
        while (left > 0 && !blocked && queue.AskForNotifications());
        Transport.Publish(index);
        if (left == 0) Transport.NotifyLater(index);
    }
}

/// <summary>What carries a device.</summary>
public interface IVirtioTransport
{
    /// <summary>The driver is ready, and the device neither broken nor forbidden to touch memory.</summary>
    bool IsRunning { get; }

    /// <summary>What the driver accepted.</summary>
    ulong Features { get; }

    Virtqueue Queue(int index);

    DescriptorChain NewChain();

    /// <summary>Shows the driver what was pushed to a queue, and interrupts it if it wants that.</summary>
    void Publish(int queue);

    /// <summary>As if the driver notified the queue again, soon and on another thread.</summary>
    void NotifyLater(int queue);

    /// <summary>The configuration structure has changed.</summary>
    void ConfigurationChanged();

    /// <summary>The driver did what no driver does: from now on the device does nothing until it is reset.</summary>
    void Break(string reason);
}
