using System.Threading.Channels;

namespace Tcg.Mttcg.Cli.Output;

/// <summary>Typed bytes on their way to the guest, with QEMU's escapes: Ctrl-A x ends the machine, Ctrl-A h helps, Ctrl-A Ctrl-A is one Ctrl-A.</summary>
internal sealed class ConsoleKeys(ChannelWriter<byte> guest, Action quit)
{
    private const byte Escape = 1;
    private bool _escaped;

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
            else guest.TryWrite(key);
            return;
        }
        _escaped = false;
        switch (key)
        {
            case Escape: guest.TryWrite(Escape); break;
            case (byte)'x': quit(); break;
            case (byte)'h': Console.Error.Write("\r\nCtrl-A x: end the machine   Ctrl-A h: this   Ctrl-A Ctrl-A: send Ctrl-A\r\n"); break;
        }
    }
}
