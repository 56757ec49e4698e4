using System.Buffers.Binary;
using System.Net.Sockets;

namespace Tcg.Mttcg.Machine.Net.Sockets;

/// <summary>Frames over TCP: each after its length, 32 bits in network order. A full direction waits, at either end.</summary>
internal sealed class StreamCable(Socket socket, FrameLink link)
{
    private const int LengthBytes = 4, BufferBytes = 64 << 10;

    // Cards with large segments send up to 64 KiB plus headers; more is no frame but noise.
    private const int LongestAccepted = 69 << 10;

    /// <summary>Runs until the peer goes away.</summary>
    /// <returns>What was wrong with the peer's bytes; null: nothing.</returns>
    public async Task<string?> RunAsync(CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var sending = Ended(SendAsync(stop.Token), stop);
        var receiving = Ended(ReceiveAsync(stop.Token), stop);
        await sending.ConfigureAwait(false);
        return await receiving.ConfigureAwait(false);
    }

    private static async Task<string?> Ended(Task<string?> direction, CancellationTokenSource stop)
    {
        try
        {
            return await direction.ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            return null;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
        }
    }

    private async Task<string?> SendAsync(CancellationToken cancel)
    {
        var buffer = new byte[BufferBytes];
        while (await link.FromGuest.WaitToReadAsync(cancel).ConfigureAwait(false))
        {
            int filled = 0;
            while (filled + LengthBytes + Frame.MaximumBytes <= buffer.Length && link.FromGuest.TryRead(out var frame))
            {
                var bytes = frame.Bytes;
                BinaryPrimitives.WriteInt32BigEndian(buffer.AsSpan(filled), bytes.Length);
                bytes.CopyTo(buffer.AsSpan(filled + LengthBytes));
                filled += LengthBytes + bytes.Length;
                frame.Return();
            }
            for (int sent = 0; sent < filled;) sent += await socket.SendAsync(buffer.AsMemory(sent, filled - sent), cancel).ConfigureAwait(false);
        }
        return null;
    }

    private async Task<string?> ReceiveAsync(CancellationToken cancel)
    {
        var buffer = new byte[LengthBytes + LongestAccepted];
        int filled = 0;
        while (true)
        {
            int count = await socket.ReceiveAsync(buffer.AsMemory(filled), cancel).ConfigureAwait(false);
            if (count == 0) return null;
            filled += count;
            int at = 0;
            while (filled - at >= LengthBytes)
            {
                uint length = BinaryPrimitives.ReadUInt32BigEndian(buffer.AsSpan(at));
                if (length > LongestAccepted) return $"the peer announced a frame of {length} bytes";
                if (filled - at - LengthBytes < length) break;
                at += LengthBytes;
                await DeliverAsync(buffer.AsMemory(at, (int)length), cancel).ConfigureAwait(false);
                at += (int)length;
            }
            buffer.AsSpan(at, filled - at).CopyTo(buffer);
            filled -= at;
        }
    }

    private async ValueTask DeliverAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancel)
    {
        // What no card of ours takes is dropped, as a switch drops it.
        if (bytes.Length is < Frame.HeaderBytes or > Frame.MaximumBytes) return;
        var frame = Frame.CopyOf(bytes.Span);
        while (!link.ToGuest.TryWrite(frame))
        {
            bool open = false;
            try
            {
                open = await link.ToGuest.WaitToWriteAsync(cancel).ConfigureAwait(false);
            }
            finally
            {
                if (!open) frame.Return();
            }
            if (!open) throw new OperationCanceledException("the machine has ended");
        }
    }
}
