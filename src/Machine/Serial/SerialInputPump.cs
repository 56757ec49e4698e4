using Tcg.Mttcg.Machine.Wiring;

namespace Tcg.Mttcg.Machine.Serial;

/// <summary>Tells a UART that input arrived, from the thread pool and inside the UART's gate; waits while the UART's FIFO is full.</summary>
public sealed class SerialInputPump(SerialLink link, Gate gate) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _room = new(0);
    private Task _task = Task.CompletedTask;

    /// <summary>The guest read a byte: there may be room again.</summary>
    public void SignalRoom()
    {
        if (_room.CurrentCount == 0) _room.Release();
    }

    public void Start(Uart16550 uart) => _task = RunAsync(uart);

    private async Task RunAsync(Uart16550 uart)
    {
        try
        {
            while (await link.GuestInput.WaitToReadAsync(_stop.Token).ConfigureAwait(false))
            {
                gate.Run(uart.Receive);
                // Still something there: the FIFO is full. The time-out covers a guest that resets its UART instead of reading it.
                if (link.GuestInput.TryPeek(out _)) await _room.WaitAsync(50, _stop.Token).ConfigureAwait(false);
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
