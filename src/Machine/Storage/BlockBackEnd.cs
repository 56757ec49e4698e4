using System.Threading.Channels;

namespace Tcg.Mttcg.Machine.Storage;

/// <summary>Something a device wants done with its disk.</summary>
public interface IBlockRequest
{
    /// <summary>Does it and tells the device. Handles what the image throws.</summary>
    /// <param name="buffer">Scratch space of <see cref="BlockBackEnd.BufferBytes"/> bytes, the same for each request.</param>
    void Run(IDiskImage image, Span<byte> buffer);
}

/// <summary>
/// A disk as devices use it: a channel of requests, and one task that runs them in order on the image. Submitting never waits, so a vCPU that rings a doorbell goes
/// on at once. Owns the image.
/// </summary>
public sealed class BlockBackEnd : IDisposable
{
    /// <summary>Fits into a core's second-level cache: data passes through it on its way between file and guest.</summary>
    public const int BufferBytes = 128 * 1024;

    private readonly Channel<IBlockRequest> _requests = Channel.CreateUnbounded<IBlockRequest>(new() { SingleReader = true });
    private readonly IDiskImage _image;
    private readonly Task _running;

    public BlockBackEnd(IDiskImage image)
    {
        _image = image;
        (Length, IsReadOnly) = (image.Length, image.IsReadOnly);
        _running = Task.Run(RunAsync);
    }

    /// <summary>Bytes, a multiple of 512.</summary>
    public long Length { get; }

    public bool IsReadOnly { get; }

    /// <summary>After <see cref="Dispose"/> requests vanish.</summary>
    public void Submit(IBlockRequest request) => _requests.Writer.TryWrite(request);

    /// <summary>Runs what was submitted, flushes and closes the image.</summary>
    public void Dispose()
    {
        _requests.Writer.TryComplete();
        _running.Wait();
    }

    private async Task RunAsync()
    {
        using var image = _image;
        var buffer = new byte[BufferBytes];
        try
        {
            while (await _requests.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                while (_requests.Reader.TryRead(out var request)) request.Run(image, buffer);
            }
        }
        catch (OperationCanceledException)
        {
            // The machine is torn down: its memory takes nothing any more.
        }
        if (!image.IsReadOnly) FlushAtEnd(image);
    }

    // There is nobody left to tell: the guest heard of each flush of its own.
    private static void FlushAtEnd(IDiskImage image)
    {
        try
        {
            image.Flush();
        }
        catch (IOException)
        {
        }
    }
}
