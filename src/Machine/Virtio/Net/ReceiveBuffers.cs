namespace Tcg.Mttcg.Machine.Virtio.Net;

/// <summary>Spreads a packet over one or, where the driver allows, several receive buffers (virtio 1.2 5.1.6.4).</summary>
internal sealed class ReceiveBuffers
{
    private readonly List<DescriptorChain> _chains = [];

    /// <summary>False: the driver has not given enough buffers yet; nothing was used. A packet that a lone buffer cannot hold is dropped.</summary>
    public bool TryPut(Virtqueue queue, IVirtioTransport transport, bool merge, ReadOnlySpan<byte> packet)
    {
        ulong wanted = (ulong)(NetHeader.Bytes + packet.Length), room = 0;
        int count = 0;
        while (room < wanted && (merge || count == 0))
        {
            if (count == _chains.Count) _chains.Add(transport.NewChain());
            if (!queue.TryPop(_chains[count]))
            {
                queue.Unpop(count);
                return false;
            }
            room += _chains[count++].WritableBytes;
        }
        if (room < wanted || _chains[0].WritableBytes < NetHeader.Bytes)
        {
            queue.Unpop(count);
            if (merge) transport.Break("a receive buffer has no room for a header");
            return true;
        }
        Fill(packet, count);
        for (int i = 0; i < count; i++) queue.Push(_chains[i]);
        return true;
    }

    private void Fill(ReadOnlySpan<byte> packet, int count)
    {
        Span<byte> header = stackalloc byte[NetHeader.Bytes];
        NetHeader.Write(header, count);
        _chains[0].Write(header);
        for (int i = 0; i < count; i++)
        {
            var part = packet[..(int)Math.Min((ulong)packet.Length, _chains[i].WritableBytes - _chains[i].Written)];
            _chains[i].Write(part);
            packet = packet[part.Length..];
        }
    }
}
