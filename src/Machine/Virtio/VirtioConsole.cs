using Tcg.Mttcg.Machine.Serial;
using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Virtio;

/// <summary>A console with one port (virtio 1.2 5.3), hvc0 to Linux, on the same cable as a UART.</summary>
public sealed class VirtioConsole : VirtioDevice, IDisposable
{
    private const int ReceiveQueue = 0, TransmitQueue = 1, BatchBytes = 4096, MostBytes = 1 << 20, BusyBacklog = 64 * 1024;
    private const long BusyNanoseconds = 1_000_000;

    private readonly SerialLink _link;
    private readonly IClock _clock;
    private readonly IClockTimer _drained;
    private readonly ChannelPump<byte> _pump;
    private DescriptorChain? _receive, _transmit;

    /// <param name="clock">Its timers run inside the gate.</param>
    public VirtioConsole(SerialLink link, Gate gate, IClock clock)
    {
        (_link, _clock) = (link, clock);
        _drained = clock.CreateTimer(() => Transport.NotifyLater(TransmitQueue));
        _pump = new ChannelPump<byte>(link.GuestInput, gate);
    }

    public override VirtioType Type => VirtioType.Console;

    public override string Name => "virtio-console";

    public override ulong Features => 0;

    public override IReadOnlyList<ushort> QueueSizes => [64, 64];

    /// <summary>Columns, rows and ports mean nothing without their features; drivers may read them.</summary>
    public override ReadOnlySpan<byte> Configuration => new byte[12];

    public override void Notify(int queue)
    {
        if (queue == TransmitQueue) Drain(queue, _transmit ??= Transport.NewChain(), Transmit);
        else _pump.SignalRoom();
    }

    protected override void OnPlugged() => _pump.Start(Receive);

    public override void Reset() => _drained.Cancel();

    public void Dispose() => _pump.Dispose();

    private bool Transmit(DescriptorChain chain)
    {
        if (_link.Backlog >= BusyBacklog)
        {
            // The host is slow: look again when it may have caught up.
            _drained.Arm(_clock.Nanoseconds + BusyNanoseconds);
            return false;
        }
        if (chain.ReadableBytes > MostBytes)
        {
            Transport.Break($"{chain.ReadableBytes} bytes for a console at once");
            return false;
        }
        Span<byte> batch = stackalloc byte[BatchBytes];
        for (int left = (int)chain.ReadableBytes; left > 0;)
        {
            var part = batch[..Math.Min(left, BatchBytes)];
            if (!chain.Read(part)) return true;
            foreach (byte value in part) _link.Send(value);
            left -= part.Length;
        }
        return true;
    }

    private void Receive()
    {
        if (!Transport.IsRunning) return;
        var queue = Transport.Queue(ReceiveQueue);
        var chain = _receive ??= Transport.NewChain();
        Span<byte> batch = stackalloc byte[BatchBytes];
        while (_link.GuestInput.TryPeek(out _) && queue.TryPop(chain))
        {
            int count = 0, room = (int)Math.Min(chain.WritableBytes, BatchBytes);
            while (count < room && _link.GuestInput.TryRead(out batch[count])) count++;
            chain.Write(batch[..count]);
            queue.Push(chain);
        }
        Transport.Publish(ReceiveQueue);
    }
}
