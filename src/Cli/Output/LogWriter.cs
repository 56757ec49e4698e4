using System.Text;

namespace Tcg.Mttcg.Cli.Output;

/// <summary>A log that may end early: when the disk is full, the guest goes on, and the user is told once.</summary>
/// <param name="stream">Without a buffer of its own.</param>
internal sealed class LogWriter(FileStream stream, string name) : TextWriter
{
    private readonly StreamWriter _text = new(stream);
    private bool _broken;

    public override Encoding Encoding => _text.Encoding;

    public override void Write(char value) => Write(value.ToString());

    public override void Write(string? value)
    {
        if (!_broken) Try(() => _text.Write(value));
    }

    public override void Flush()
    {
        if (!_broken) Try(_text.Flush);
    }

    protected override void Dispose(bool disposing)
    {
        if (!disposing) return;
        Flush();
        // Not the text writer: if it could not write what it holds, it would try again.
        stream.Dispose();
    }

    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (IOException e)
        {
            _broken = true;
            Console.Error.WriteLine($"mttcg: -D {name}: {e.Message}: the log ends here");
        }
    }
}
