using Tcg.Mttcg.Cli.Options;
using Tcg.Mttcg.Machine.Serial;

namespace Tcg.Mttcg.Cli.Output;

/// <summary>The host's end of a guest's serial port. <see cref="DisposeAsync"/> returns when the guest's last byte is written.</summary>
public sealed class SerialPump : IAsyncDisposable
{
    private readonly SerialLink _link;
    private readonly Stream _output;
    private readonly Task _draining;

    private SerialPump(SerialLink link, Stream output, Stream? input)
    {
        _link = link;
        _output = output;
        _draining = SerialStreams.DrainAsync(link.Output, output);
        // A blocked read of a terminal cannot be cancelled; it ends with the process.
        if (input is not null) _ = SerialStreams.FeedAsync(input, link.Input);
    }

    /// <exception cref="UsageException">The file cannot be written.</exception>
    public static SerialPump Start(SerialLink link, SerialTarget target) => target.Kind switch
    {
        SerialKind.Stdio => new SerialPump(link, Console.OpenStandardOutput(), Console.OpenStandardInput()),
        SerialKind.File => new SerialPump(link, OpenFile(target.Path), null),
        _ => new SerialPump(link, Stream.Null, null),
    };

    public async ValueTask DisposeAsync()
    {
        _link.CompleteOutput();
        await _draining;
        await _output.DisposeAsync();
    }

    private static FileStream OpenFile(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"-serial file:{path}: {e.Message}");
        }
    }
}
