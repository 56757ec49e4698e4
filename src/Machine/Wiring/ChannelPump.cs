using System.Threading.Channels;

namespace Tcg.Mttcg.Machine.Wiring;

/// <summary>Tells a device that something arrived in its channel, from the thread pool and inside its gate; waits while the device takes nothing.</summary>
public sealed class ChannelPump<T>(ChannelReader<T> arriving, Gate gate) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _room = new(0);
    private Task _task = Task.CompletedTask;

    /// <summary>The device can take more: there may be something for it.</summary>
    public void SignalRoom()
    {
        if (_room.CurrentCount == 0) _room.Release();
    }

    /// <param name="receive">Takes what fits.</param>
    public void Start(Action receive) => _task = RunAsync(receive);

    private async Task RunAsync(Action receive)
    {
        try
        {
            while (await arriving.WaitToReadAsync(_stop.Token).ConfigureAwait(false))
            {
                gate.Run(receive);
                // Still something there: no room. The time-out covers a guest that resets its device instead of reading it.
                if (arriving.TryPeek(out _)) await _room.WaitAsync(50, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _task.Wait();
        _stop.Dispose();
        _room.Dispose();
    }
}
