using System.Buffers.Binary;
using System.Text;
using Tcg.Mttcg.Machine.Storage;
using Tcg.Mttcg.Machine.Wiring;

namespace Tcg.Mttcg.Machine.Virtio.Block;

/// <summary>A disk (virtio 1.2 5.2): takes requests from its queue at once and gives them to the back end, which comes back through the gate when they are done.</summary>
public sealed class VirtioBlock : VirtioDevice, IDisposable
{
    public const int SectorBytes = 512, SerialBytes = 20;

    private const ushort Entries = 256;
    private const ulong SegmentLimit = 1UL << 2, ReadOnly = 1UL << 5, BlockSize = 1UL << 6, Flush = 1UL << 9, Discard = 1UL << 13, WriteZeroes = 1UL << 14;

    private readonly BlockBackEnd _disk;
    private readonly Gate _gate;
    private readonly Stack<BlockRequest> _idle = new();
    private readonly byte[] _configuration = new byte[60];
    private int _generation;

    /// <param name="disk">Belongs to the device.</param>
    /// <param name="gate">The device's own: what the back end completes enters by it.</param>
    /// <param name="serial">What the guest is told as the disk's serial number: at most <see cref="SerialBytes"/> characters.</param>
    public VirtioBlock(BlockBackEnd disk, Gate gate, string serial = "")
    {
        (_disk, _gate) = (disk, gate);
        Encoding.ASCII.GetBytes(serial.AsSpan(0, Math.Min(serial.Length, SerialBytes)), Serial);
        Features = SegmentLimit | BlockSize | Flush | (disk.IsReadOnly ? ReadOnly : Discard | WriteZeroes);
        var fields = _configuration.AsSpan();
        BinaryPrimitives.WriteInt64LittleEndian(fields, Sectors);
        // Each request also has a header and a status.
        BinaryPrimitives.WriteInt32LittleEndian(fields[12..], Entries - 2);
        BinaryPrimitives.WriteInt32LittleEndian(fields[20..], SectorBytes);
        BinaryPrimitives.WriteInt16LittleEndian(fields[34..], 1);
        // Discard: sectors and ranges a request may have, alignment in sectors; then the same for zeroes, which may unmap.
        BinaryPrimitives.WriteInt32LittleEndian(fields[36..], BlockRange.MostSectors);
        BinaryPrimitives.WriteInt32LittleEndian(fields[40..], BlockRange.MostRanges);
        BinaryPrimitives.WriteInt32LittleEndian(fields[44..], 4096 / SectorBytes);
        BinaryPrimitives.WriteInt32LittleEndian(fields[48..], BlockRange.MostSectors);
        BinaryPrimitives.WriteInt32LittleEndian(fields[52..], BlockRange.MostRanges);
        fields[56] = 1;
    }

    public override VirtioType Type => VirtioType.Block;

    public override string Name => "virtio-blk";

    public override ulong Features { get; }

    public override IReadOnlyList<ushort> QueueSizes => [Entries];

    public override ReadOnlySpan<byte> Configuration => _configuration;

    internal byte[] Serial { get; } = new byte[SerialBytes];

    internal long Sectors => _disk.Length / SectorBytes;

    internal bool IsReadOnly => _disk.IsReadOnly;

    /// <summary>A driver that never flushes gets a disk without a cache (virtio 1.2 5.2.6.2).</summary>
    internal bool WritesThrough => (Transport.Features & Flush) == 0;

    public override void Notify(int queue)
    {
        var requests = Transport.Queue(0);
        do
        {
            requests.SuppressNotifications();
            var request = NewRequest();
            for (; requests.TryPop(request.Chain); request = NewRequest())
            {
                request.Begin(_generation);
                _disk.Submit(request);
            }
            _idle.Push(request);
        }
        while (requests.AskForNotifications());
    }

    public override void Reset() => Volatile.Write(ref _generation, _generation + 1);

    /// <summary>Returns when the back end does nothing more.</summary>
    public void Dispose() => _disk.Dispose();

    /// <summary>The driver may have reset the device since the request was made: then its buffers are the driver's again.</summary>
    internal bool IsCurrent(int generation) => Volatile.Read(ref _generation) == generation;

    /// <summary>Copies to the guest what the disk gave. False: not wanted any more.</summary>
    internal bool Deliver(BlockRequest request, ReadOnlySpan<byte> bytes)
    {
        lock (_gate.Monitor) return IsCurrent(request.Generation) && request.Chain.Write(bytes);
    }

    internal void Complete(BlockRequest request, BlockStatus status)
    {
        lock (_gate.Monitor)
        {
            if (IsCurrent(request.Generation))
            {
                request.Chain.WriteLast((byte)status);
                Transport.Queue(0).Push(request.Chain);
                Transport.Publish(0);
            }
            _idle.Push(request);
        }
    }

    /// <summary>The request has no place for a status: a driver that does so is not one.</summary>
    internal void Reject(BlockRequest request)
    {
        lock (_gate.Monitor)
        {
            if (IsCurrent(request.Generation)) Transport.Break("a block request without header or status");
            _idle.Push(request);
        }
    }

    private BlockRequest NewRequest() => _idle.TryPop(out var request) ? request : new BlockRequest(this, Transport.NewChain());
}
