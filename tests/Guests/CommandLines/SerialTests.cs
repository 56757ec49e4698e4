using System.Net;
using System.Net.Sockets;
using System.Text;
using Tcg.Mttcg.Guests.Tests.Support;

namespace Tcg.Mttcg.Guests.Tests.CommandLines;

/// <summary>Where a guest's serial port can lead.</summary>
public sealed class SerialTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly string _kernel;

    public SerialTests() => _kernel = _scratch.Write(EchoGuest.Build());

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("unix:{0},server=on")]
    [InlineData("unix:{0},server")]
    [InlineData("chardev:wire")]
    public async Task A_machine_waits_for_the_first_client_of_its_socket_and_serves_it(string where)
    {
        var path = _scratch["socket"];
        using var running = Start(string.Format(where, path), "-chardev", $"socket,id=wire,path={path},server=on");
        using var client = await Connect(new UnixDomainSocketEndPoint(path));
        await Hears(client, "ready");
        await client.SendAsync("aq"u8.ToArray());
        await Hears(client, "<61><71>");
        Assert.Equal(1, (await running.ToEnd()).ExitCode);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task One_client_follows_another()
    {
        var path = _scratch["socket"];
        using var running = Start($"unix:{path},server,nowait");
        foreach (var key in "ab")
        {
            using var client = await Connect(new UnixDomainSocketEndPoint(path));
            await client.SendAsync(new[] { (byte)key });
            await Hears(client, $"<{(int)key:x2}>");
        }
        using var last = await Connect(new UnixDomainSocketEndPoint(path));
        await last.SendAsync("q"u8.ToArray());
        Assert.Equal(1, (await running.ToEnd()).ExitCode);
    }

    [Fact]
    public async Task A_machine_connects_to_somebody_who_listens()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var running = Start($"tcp:127.0.0.1:{((IPEndPoint)listener.LocalEndPoint!).Port}");
        using var client = await listener.AcceptAsync();
        await Hears(client, "ready");
        await client.SendAsync("q"u8.ToArray());
        await Hears(client, "<71>");
        Assert.Equal(1, (await running.ToEnd()).ExitCode);
    }

    [Theory]
    [InlineData("unix:/nowhere/at/all,server", "/nowhere/at/all")]
    [InlineData("unix:/nowhere/at/all", "/nowhere/at/all")]
    [InlineData("tcp:127.0.0.1", "is not HOST:PORT")]
    [InlineData("tcp:127.0.0.1:x", "is not HOST:PORT")]
    [InlineData("chardev:none", "no -chardev has that id")]
    [InlineData("socket", "is wanted")]
    [InlineData("file:", "is wanted")]
    public async Task An_end_that_cannot_be_is_refused(string where, string reason)
    {
        using var running = Start(where);
        var outcome = await running.ToEnd();
        Assert.True(outcome.ExitCode == 1 && outcome.Error.Contains(reason, StringComparison.Ordinal), outcome.ToString());
        Assert.Single(outcome.Error.TrimEnd().Split('\n'));
    }

    private MttcgProgram.Running Start(string where, params string[] more) =>
        MttcgProgram.Start(["run", "-kernel", _kernel, "-m", "16M", "-serial", where, "-device", "isa-debug-exit,iobase=0xf4,iosize=0x4", .. more]);

    private static async Task<Socket> Connect(UnixDomainSocketEndPoint address)
    {
        using var limit = new CancellationTokenSource(Boot.Limit);
        while (true)
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(address, limit.Token);
                return socket;
            }
            catch (SocketException)
            {
                socket.Dispose();
                await Task.Delay(20, limit.Token);
            }
        }
    }

    private static async Task Hears(Socket socket, string text)
    {
        using var limit = new CancellationTokenSource(Boot.Limit);
        var heard = new StringBuilder();
        var batch = new byte[256];
        while (!heard.ToString().Contains(text, StringComparison.Ordinal))
        {
            var count = await socket.ReceiveAsync(batch, limit.Token);
            Assert.True(count > 0, $"the line ended after '{heard}'");
            heard.Append(Encoding.Latin1.GetString(batch, 0, count));
        }
    }
}
