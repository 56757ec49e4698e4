using System.Threading.Channels;

namespace Tcg.Mttcg.Machine.Serial;

/// <summary>Connects a <see cref="SerialLink"/> to streams: a terminal, a file, a pipe.</summary>
public static class SerialStreams
{
    private const int BatchBytes = 4096;

    /// <summary>
    /// Writes what the guest sends, in batches, flushed whenever nothing more is waiting. Ends after <see cref="SerialLink.CompleteOutput"/> with all
    /// bytes written. When the stream breaks the rest is read and dropped, so that a closed terminal does not stall the guest.
    /// </summary>
    /// <returns>False when the stream broke.</returns>
    public static async Task<bool> DrainAsync(ChannelReader<byte> output, Stream stream, CancellationToken cancel = default)
    {
        var batch = new byte[BatchBytes];
        bool works = true;
        while (await output.WaitToReadAsync(cancel).ConfigureAwait(false))
        {
            int count = 0;
            while (count < batch.Length && output.TryRead(out batch[count])) count++;
            if (!works) continue;
            try
            {
                await stream.WriteAsync(batch.AsMemory(0, count), cancel).ConfigureAwait(false);
                if (count < batch.Length) await stream.FlushAsync(cancel).ConfigureAwait(false);
            }
            catch (IOException)
            {
                works = false;
            }
        }
        return works;
    }

    /// <summary>Feeds the guest until the stream ends.</summary>
    public static async Task FeedAsync(Stream stream, ChannelWriter<byte> input, CancellationToken cancel = default)
    {
        var batch = new byte[BatchBytes];
        int count;
        while ((count = await stream.ReadAsync(batch, cancel).ConfigureAwait(false)) > 0)
        {
            for (int i = 0; i < count; i++) input.TryWrite(batch[i]);
        }
    }
}
