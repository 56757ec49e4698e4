using Tcg.Mttcg.Cli.Options;
using Tcg.Mttcg.Machine.Serial;

namespace Tcg.Mttcg.Cli.Output;

/// <summary>The host's end of a guest's serial port. <see cref="DisposeAsync"/> returns when the guest's last byte is written.</summary>
public sealed class SerialPump : IAsyncDisposable
{
    private readonly SerialLink _link;
    private readonly Stream _output;
    private readonly Task<bool> _draining;
    private readonly RawTerminal? _terminal;
    private readonly string? _file;

    private SerialPump(SerialLink link, Stream output, Stream? input = null, Action? quit = null, string? file = null)
    {
        _file = file;
        _link = link;
        _output = output;
        _draining = SerialStreams.DrainAsync(link.Output, output);
        // A blocked read of a terminal cannot be cancelled; it ends with the process.
        if (input is null) return;
        _terminal = quit is null ? null : RawTerminal.Enter();
        _ = _terminal is null ? SerialStreams.FeedAsync(input, link.Input) : new ConsoleKeys(link.Input, quit!).FeedAsync(input);
    }

    /// <param name="quit">What Ctrl-A x on a terminal does.</param>
    /// <exception cref="UsageException">The file cannot be written.</exception>
    public static SerialPump Start(SerialLink link, SerialTarget target, Action quit) => target.Kind switch
    {
        SerialKind.Stdio => new SerialPump(link, StandardStreams.Output(), StandardStreams.Input(), quit),
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
