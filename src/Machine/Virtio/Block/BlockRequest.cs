using System.Runtime.InteropServices;
using Tcg.Mttcg.Machine.Storage;

namespace Tcg.Mttcg.Machine.Virtio.Block;

/// <summary>What becomes of a request (virtio 1.2 5.2.6).</summary>
internal enum BlockStatus : byte { Ok = 0, Error = 1, Unsupported = 2 }

/// <summary>A range to discard or to fill with zeroes (virtio 1.2 5.2.6).</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct BlockRange(ulong Sector, uint Sectors, uint Flags)
{
    public const int Bytes = 16, MostRanges = 16, MostSectors = 1 << 21;
    public const uint Unmap = 1;
}

/// <summary>One buffer of the queue on its way through the back end, whose thread runs it. Reused.</summary>
internal sealed class BlockRequest(VirtioBlock device, DescriptorChain chain) : IBlockRequest
{
    private enum Operation : uint { In = 0, Out = 1, Flush = 4, GetId = 8, Discard = 11, WriteZeroes = 13 }

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Header(Operation Operation, uint Reserved, ulong Sector);

    public DescriptorChain Chain => chain;

    /// <summary>Of the device when the request was made.</summary>
    public int Generation { get; private set; }

    public void Begin(int generation) => Generation = generation;

    public void Run(IDiskImage image, Span<byte> buffer)
    {
        if (chain.WritableBytes == 0 || !chain.Read(out Header header))
        {
            device.Reject(this);
            return;
        }
        BlockStatus status;
        try
        {
            status = header.Operation switch
            {
                Operation.In => Read(header.Sector, image, buffer),
                Operation.Out => Write(header.Sector, image, buffer),
                Operation.Flush => Flush(image),
                Operation.GetId => device.Deliver(this, device.Serial.AsSpan(0, (int)Math.Min(chain.WritableBytes - 1, VirtioBlock.SerialBytes))) ? BlockStatus.Ok : BlockStatus.Error,
                Operation.Discard or Operation.WriteZeroes => Clear(header.Operation, image),
                _ => BlockStatus.Unsupported,
            };
        }
        catch (IOException)
        {
            status = BlockStatus.Error;
        }
        device.Complete(this, status);
    }

    private BlockStatus Read(ulong sector, IDiskImage image, Span<byte> buffer)
    {
        ulong length = chain.WritableBytes - 1;
        if (!Contains(sector, length)) return BlockStatus.Error;
        long at = (long)sector * VirtioBlock.SectorBytes;
        for (ulong done = 0; done < length;)
        {
            var part = buffer[..(int)Math.Min((ulong)buffer.Length, length - done)];
            image.Read(at + (long)done, part);
            if (!device.Deliver(this, part)) return BlockStatus.Error;
            done += (ulong)part.Length;
        }
        return BlockStatus.Ok;
    }

    private BlockStatus Write(ulong sector, IDiskImage image, Span<byte> buffer)
    {
        ulong length = chain.ReadableBytes - (ulong)Marshal.SizeOf<Header>();
        if (device.IsReadOnly || !Contains(sector, length)) return BlockStatus.Error;
        long at = (long)sector * VirtioBlock.SectorBytes;
        for (ulong done = 0; done < length;)
        {
            var part = buffer[..(int)Math.Min((ulong)buffer.Length, length - done)];
            // After a reset the buffer may hold anything.
            if (!chain.Read(part) || !device.IsCurrent(Generation)) return BlockStatus.Error;
            image.Write(at + (long)done, part);
            done += (ulong)part.Length;
        }
        if (device.WritesThrough) image.Flush();
        return BlockStatus.Ok;
    }

    private static BlockStatus Flush(IDiskImage image)
    {
        if (!image.IsReadOnly) image.Flush();
        return BlockStatus.Ok;
    }

    private BlockStatus Clear(Operation operation, IDiskImage image)
    {
        ulong length = chain.ReadableBytes - (ulong)Marshal.SizeOf<Header>();
        if (device.IsReadOnly || length == 0 || length % BlockRange.Bytes != 0 || length > BlockRange.Bytes * BlockRange.MostRanges) return BlockStatus.Error;
        uint known = operation == Operation.WriteZeroes ? BlockRange.Unmap : 0;
        for (ulong done = 0; done < length; done += BlockRange.Bytes)
        {
            if (!chain.Read(out BlockRange range) || !device.IsCurrent(Generation)) return BlockStatus.Error;
            if ((range.Flags & ~known) != 0) return BlockStatus.Unsupported;
            long at = (long)range.Sector * VirtioBlock.SectorBytes, bytes = (long)range.Sectors * VirtioBlock.SectorBytes;
            if (range.Sectors > BlockRange.MostSectors || !Contains(range.Sector, (ulong)bytes)) return BlockStatus.Error;
            if (operation == Operation.Discard) image.Discard(at, bytes);
            else image.WriteZeroes(at, bytes, unmap: (range.Flags & BlockRange.Unmap) != 0);
        }
        if (device.WritesThrough) image.Flush();
        return BlockStatus.Ok;
    }

    private bool Contains(ulong sector, ulong bytes) =>
        bytes % VirtioBlock.SectorBytes == 0 && sector <= (ulong)device.Sectors && bytes / VirtioBlock.SectorBytes <= (ulong)device.Sectors - sector;
}
