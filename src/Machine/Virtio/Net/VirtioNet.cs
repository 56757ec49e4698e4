using System.Buffers.Binary;
using Tcg.Mttcg.Machine.Net;
using Tcg.Mttcg.Machine.Net.Packets;
using Tcg.Mttcg.Machine.Wiring;

namespace Tcg.Mttcg.Machine.Virtio.Net;

/// <summary>A network card (virtio 1.2 5.1) with one pair of queues and no offloads, on a <see cref="FrameLink"/>.</summary>
public sealed class VirtioNet : VirtioDevice, IDisposable
{
    private const int ReceiveQueue = 0, TransmitQueue = 1, StatusOffset = 6;
    private const byte LinkUp = 1;
    private const ulong Mac = 1UL << 5, MergeBuffers = 1UL << 15, Status = 1UL << 16;

    private readonly FrameLink _link;
    private readonly Gate _gate;
    private readonly ChannelPump<Frame> _pump;
    private readonly ReceiveBuffers _buffers = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly byte[] _configuration = new byte[8];
    private DescriptorChain? _transmit;
    private bool _waitsForRoom, _isClosed;

    /// <param name="address">The card's own Ethernet address.</param>
    /// <param name="gate">The device's own: arriving frames enter by it.</param>
    public VirtioNet(FrameLink link, Gate gate, MacAddress address)
    {
        (_link, _gate) = (link, gate);
        address.Write(_configuration);
        _configuration[StatusOffset] = link.IsUp ? LinkUp : (byte)0;
        _pump = new ChannelPump<Frame>(link.Arriving, gate);
    }

    public override VirtioType Type => VirtioType.Net;

    public override string Name => "virtio-net";

    public override ulong Features => Mac | MergeBuffers | Status;

    public override IReadOnlyList<ushort> QueueSizes => [256, 256];

    public override ReadOnlySpan<byte> Configuration => _configuration;

    public override void Notify(int queue)
    {
        if (queue == TransmitQueue) Drain(queue, _transmit ??= Transport.NewChain(), Transmit);
        else _pump.SignalRoom();
    }

    public override void Reset() { }

    protected override void OnPlugged()
    {
        _pump.Start(Receive);
        _link.StateChanged += OnLinkChanged;
    }

    public void Dispose()
    {
        _link.StateChanged -= OnLinkChanged;
        _stop.Cancel();
        _pump.Dispose();
    }

    private void OnLinkChanged() => _gate.Run(() =>
    {
        _configuration[StatusOffset] = _link.IsUp ? LinkUp : (byte)0;
        Transport.ConfigurationChanged();
    });

    private bool Transmit(DescriptorChain chain)
    {
        if (chain.ReadableBytes < NetHeader.Bytes)
        {
            Transport.Break($"a packet of {chain.ReadableBytes} bytes has no header");
            return false;
        }
        ulong length = chain.ReadableBytes - NetHeader.Bytes;
        // A cable that is not plugged in, and frames that no Ethernet carries, lose them.
        if (!_link.IsUp || _isClosed || length is < Frame.HeaderBytes or > Frame.MaximumBytes) return true;
        var frame = Frame.Rent((int)length);
        Span<byte> header = stackalloc byte[NetHeader.Bytes];
        if (chain.Read(header) && chain.Read(frame.Bytes) && _link.Leaving.TryWrite(frame)) return true;
        frame.Return();
        WaitForRoom();
        return false;
    }

    private void WaitForRoom()
    {
        if (_waitsForRoom) return;
        _waitsForRoom = true;
        // Not from here: the driver's buffer is still being put back.
        _ = Task.Run(ContinueAsync);
    }

    private async Task ContinueAsync()
    {
        try
        {
            bool open = await _link.Leaving.WaitToWriteAsync(_stop.Token).ConfigureAwait(false);
            _gate.Run(() =>
            {
                (_waitsForRoom, _isClosed) = (false, !open);
                Notify(TransmitQueue);
            });
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>Puts arrived frames into the driver's buffers until either runs out.</summary>
    private void Receive()
    {
        var queue = Transport.Queue(ReceiveQueue);
        if (!Transport.IsRunning) return;
        bool merge = (Transport.Features & MergeBuffers) != 0;
        while (_link.Arriving.TryPeek(out var frame))
        {
            if (_link.IsUp && !_buffers.TryPut(queue, Transport, merge, frame.Bytes)) break;
            _link.Arriving.TryRead(out frame);
            frame.Return();
        }
        Transport.Publish(ReceiveQueue);
    }
}

/// <summary>What stands before each packet (virtio 1.2 5.1.6).</summary>
internal static class NetHeader
{
    public const int Bytes = 12;

    /// <summary>Nothing is offloaded: all is zero but the number of buffers that hold the packet.</summary>
    public static void Write(Span<byte> header, int buffers)
    {
        header.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(header[10..], (ushort)buffers);
    }
}
