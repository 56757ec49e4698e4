using Tcg.Mttcg.Cli.Options;
using Tcg.Mttcg.Machine.Serial;

namespace Tcg.Mttcg.Cli.Output;

/// <summary>The host's end of a guest's serial port. <see cref="DisposeAsync"/> returns when the guest's last byte is written.</summary>
internal sealed class SerialPump : IAsyncDisposable
{
    private readonly SerialLink _link;
    private readonly Stream _output;
    private readonly Task<bool> _draining;
    private readonly RawTerminal? _terminal;
    private readonly string? _file;

    private SerialPump(SerialLink link, Stream output, Stream? input = null, Func<SerialLink, ConsoleKeys>? keys = null, string? file = null)
    {
        _file = file;
        _link = link;
        _output = output;
        _draining = SerialStreams.DrainAsync(link.Output, output);
        // A blocked read of a terminal cannot be cancelled; it ends with the process.
        if (input is null) return;
        _terminal = keys is null ? null : RawTerminal.Enter();
        _ = _terminal is null ? SerialStreams.FeedAsync(input, link.Input) : keys!(link).FeedAsync(input);
    }

    /// <param name="keys">Who treats what is typed on a terminal.</param>
    /// <exception cref="UsageException">The file cannot be written, the socket not opened.</exception>
    public static IAsyncDisposable Start(SerialLink link, SerialTarget target, Func<SerialLink, ConsoleKeys> keys) => target.Kind switch
    {
        SerialKind.Socket => SocketPump.Open(link, target),
        SerialKind.Stdio => new SerialPump(link, StandardStreams.Output(), StandardStreams.Input(), keys),
        SerialKind.File => new SerialPump(link, OpenFile(target.Path), file: target.Path),
        _ => new SerialPump(link, Stream.Null),
    };

    public async ValueTask DisposeAsync()
    {
        _link.CompleteOutput();
        var complete = await _draining;
        await _output.DisposeAsync();
        _terminal?.Dispose();
        if (!complete && _file is not null) Console.Error.WriteLine($"mttcg: {_file}: could not write all of the guest's output");
    }

    private static FileStream OpenFile(string path)
    {
        try
        {
            return new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"-serial file:{path}: {e.Message}");
        }
    }
}
