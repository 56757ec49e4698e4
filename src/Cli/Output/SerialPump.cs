using Tcg.Mttcg.Cli.Options;
using Tcg.Mttcg.Machine.Serial;

namespace Tcg.Mttcg.Cli.Output;

/// <summary>The host's end of a guest's serial port. <see cref="DisposeAsync"/> returns when the guest's last byte is written.</summary>
public sealed class SerialPump : IAsyncDisposable
{
    private readonly SerialLink _link;
    private readonly Stream _output;
    private readonly Task _pumping;
    private readonly CancellationTokenSource _inputEnds = new();

    private SerialPump(SerialLink link, Stream output, Stream? input)
    {
        _link = link;
        _output = output;
        _pumping = Task.Run(PumpOutput);
        if (input is not null) _ = Task.Run(() => PumpInput(input));
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
        await _inputEnds.CancelAsync();
        _link.CompleteOutput();
        await _pumping;
        await _output.DisposeAsync();
        _inputEnds.Dispose();
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

    private async Task PumpOutput()
    {
        var buffer = new byte[4096];
        try
        {
            while (await _link.Output.WaitToReadAsync())
            {
                var count = 0;
                while (count < buffer.Length && _link.Output.TryRead(out var value)) buffer[count++] = value;
                await _output.WriteAsync(buffer.AsMemory(0, count));
                await _output.FlushAsync();
            }
        }
        catch (IOException)
        {
            // The reader of our output is gone; the guest goes on.
        }
    }

    private async Task PumpInput(Stream input)
    {
        var buffer = new byte[256];
        try
        {
            int count;
            while ((count = await input.ReadAsync(buffer, _inputEnds.Token)) > 0)
            {
                for (var i = 0; i < count; i++) _link.Input.TryWrite(buffer[i]);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // Nothing more to type.
        }
    }
}
