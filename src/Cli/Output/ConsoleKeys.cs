using System.Threading.Channels;

namespace Tcg.Mttcg.Cli.Output;

/// <summary>Typed bytes on their way to the guest, with QEMU's escapes: Ctrl-A x ends the machine, Ctrl-A c is the monitor, Ctrl-A h helps, Ctrl-A Ctrl-A is one Ctrl-A.</summary>
internal sealed class ConsoleKeys(ChannelWriter<byte> guest, ConsoleMonitor monitor, Action quit)
{
    private const byte Escape = 1;
    private const string Help = "\r\nCtrl-A x: end the machine   Ctrl-A c: monitor and back   Ctrl-A h: this   Ctrl-A Ctrl-A: send Ctrl-A\r\n";

    private bool _escaped, _isInMonitor;

    public async Task FeedAsync(Stream terminal)
    {
        var batch = new byte[256];
        int count;
        while ((count = await terminal.ReadAsync(batch)) > 0)
        {
            for (var i = 0; i < count; i++) Type(batch[i]);
        }
    }

    public void Type(byte key)
    {
        if (!_escaped)
        {
            if (key == Escape) _escaped = true;
            else Send(key);
            return;
        }
        _escaped = false;
        switch (key)
        {
            case Escape: Send(Escape); break;
            case (byte)'x': quit(); break;
            case (byte)'c': Switch(); break;
            case (byte)'h' or (byte)'?': Console.Error.Write(Help); break;
        }
    }

    private void Send(byte key)
    {
        if (_isInMonitor) monitor.Type(key);
        else guest.TryWrite(key);
    }

    private void Switch()
    {
        _isInMonitor = !_isInMonitor;
        if (_isInMonitor) monitor.Enter();
        else Console.Error.Write("\r\n");
    }
}
