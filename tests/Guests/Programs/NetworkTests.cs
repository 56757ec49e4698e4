using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Guests.Tests.Support;
using Tcg.Mttcg.Machine.Boards;
using Tcg.Mttcg.Machine.Net;
using Tcg.Mttcg.Machine.Net.Packets;
using Tcg.Mttcg.Machine.Net.Sockets;
using Tcg.Mttcg.Machine.Net.User;

namespace Tcg.Mttcg.Guests.Tests.Programs;

/// <summary>Debian's kernel and busybox on our networks: a TCP that is not ours at the other end.</summary>
public sealed class NetworkTests
{
    private const string Prompt = "/ # ";
    private const int StreamBytes = 12 << 20;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    [GuestFileFact(GuestFile.Linux)]
    public async Task A_guest_gets_an_address_pings_its_gateway_and_streams_arrive_whole()
    {
        var link = new FrameLink();
        await using var network = UserNetwork.Start(new UserNetOptions { HostName = "box", Forwards = [ForwardTo(7)] }, link);
        await using var vm = Start(link, "mttcg=net");
        await Expect(vm, "mttcg: network 10.0.2.15/24");
        await Type(vm, "hostname; cat /etc/resolv.conf; ping -c 3 -s 3000 10.0.2.2", "box", "nameserver 10.0.2.3", "3 packets received");

        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var bytes = RandomNumberGenerator.GetBytes(StreamBytes);
        var sum = Convert.ToHexStringLower(MD5.HashData(bytes));

        var down = Serve(listener, async client =>
        {
            await client.GetStream().WriteAsync(bytes);
            return [];
        });
        await Type(vm, $"nc 10.0.2.2 {port} </dev/null >/tmp/stream; md5sum /tmp/stream", sum);
        await down.WaitAsync(Limit);

        var up = Serve(listener, client => ReadAll(client, StreamBytes));
        await Type(vm, $"nc -w 5 10.0.2.2 {port} </tmp/stream; echo sent | tr s S", "Sent");
        Assert.Equal(sum, Convert.ToHexStringLower(MD5.HashData(await up.WaitAsync(Limit))));

        await Type(vm, "nc -l -p 7 -e cat & until netstat -ltn | grep -q :7; do :; done; echo listening | tr l L", "Listening");
        using var caller = new TcpClient();
        await caller.ConnectAsync(network.Forwards[0]);
        var stream = caller.GetStream();
        var echo = ReadAll(caller, StreamBytes);
        await stream.WriteAsync(bytes).AsTask().WaitAsync(Limit);
        Assert.Equal(sum, Convert.ToHexStringLower(MD5.HashData(await echo.WaitAsync(Limit))));
        caller.Client.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Limit));
        await PowerOff(vm);
    }

    [GuestFileFact(GuestFile.Linux)]
    public async Task Two_machines_ping_each_other_over_a_socket()
    {
        FrameLink first = new(), second = new();
        await using var listening = await SocketNetwork.StartAsync(new(SocketNetMode.Listen, new(IPAddress.Loopback, 0)), first);
        await using var connecting = await SocketNetwork.StartAsync(new(SocketNetMode.Connect, listening.Local), second);
        await using Vm a = Start(first, "", "52:54:00:00:00:01"), b = Start(second, "", "52:54:00:00:00:02");
        await Task.WhenAll(Expect(a, Prompt), Expect(b, Prompt));
        a.Console.Write("ip addr add 192.168.7.1/24 dev eth0; ip link set eth0 up\n");
        b.Console.Write("ip addr add 192.168.7.2/24 dev eth0; ip link set eth0 up\n");
        await Type(b, "until ping -c 1 -W 1 192.168.7.1 >/dev/null; do :; done; ping -c 3 192.168.7.1", "3 packets received");
        await Type(a, "ping -c 3 192.168.7.2", "3 packets received");
        await Task.WhenAll(PowerOff(a), PowerOff(b));
    }

    [SshFact]
    public async Task Ssh_logs_in_to_a_guest()
    {
        var link = new FrameLink();
        await using var network = UserNetwork.Start(new UserNetOptions { HostName = "box", Restrict = true, Forwards = [ForwardTo(22)] }, link);
        await using var vm = Start(link, "mttcg=net", initramfs: GuestFile.InitramfsWithSsh);
        await Expect(vm, Prompt);
        var start = new ProcessStartInfo("ssh") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        string[] arguments =
        [
            "-F", "none", "-p", $"{network.Forwards[0].Port}", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes",
            "root@127.0.0.1", "hostname; wc -c",
        ];
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        using var ssh = Process.Start(start)!;
        var (output, error) = (ssh.StandardOutput.ReadToEndAsync(), ssh.StandardError.ReadToEndAsync());
        await ssh.StandardInput.WriteAsync(new string('x', 300_000));
        ssh.StandardInput.Close();
        await ssh.WaitForExitAsync().WaitAsync(Limit);
        Assert.True(ssh.ExitCode == 0, await error);
        Assert.Equal("box\n300000\n", await output);
        await PowerOff(vm);
    }

    private static HostForward ForwardTo(ushort port) => new(false, new(Ipv4Address.Loopback, 0), new(Ipv4Address.Any, port));

    private static Vm Start(FrameLink link, string parameters, string mac = "52:54:00:12:34:56", string initramfs = GuestFile.Initramfs) => Vm.Start(new VmOptions
    {
        Kernel = GuestFile.PathOf(GuestFile.Linux),
        Initrd = GuestFile.PathOf(initramfs),
        CommandLine = $"console=ttyS0 panic=-1 {parameters}",
        Cpus = 2,
        RamBytes = 256 << 20,
        Virtio = [new VirtioNetOptions(link) { Address = MacAddress.Parse(mac) }],
    });

    private static async Task Expect(Vm vm, string text)
    {
        if (!await vm.Console.WaitForAsync(text, Limit)) Assert.Fail($"no '{text}'\n{await vm.Where()}\n{vm.Console.Text}");
    }

    private static async Task Type(Vm vm, string command, params string[] answers)
    {
        await Expect(vm, Prompt);
        vm.Console.Write(command + "\n");
        foreach (var answer in answers) await Expect(vm, answer);
    }

    private static async Task PowerOff(Vm vm)
    {
        vm.Console.Write("poweroff -f\n");
        Assert.Equal(ExitReason.PoweredOff, (await vm.ToEnd()).Reason);
        Assert.DoesNotContain("Call Trace", vm.Console.Text, StringComparison.Ordinal);
    }

    private static async Task<byte[]> Serve(TcpListener listener, Func<TcpClient, Task<byte[]>> talk)
    {
        using var client = await listener.AcceptTcpClientAsync();
        return await talk(client);
    }

    private static async Task<byte[]> ReadAll(TcpClient client, int count)
    {
        var bytes = new byte[count];
        await client.GetStream().ReadExactlyAsync(bytes);
        return bytes;
    }
}

/// <summary>Needs a fetched guest with dropbear and an ssh client; where CI is true a missing guest fails.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class SshFactAttribute : FactAttribute
{
    public SshFactAttribute()
    {
        bool hasClient = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "ssh")));
        bool hasGuest = File.Exists(GuestFile.PathOf(GuestFile.InitramfsWithSsh)) || Environment.GetEnvironmentVariable("CI") == "true";
        if (!hasClient) Skip = "there is no ssh client on this host";
        else if (!hasGuest) Skip = $"guests/cache/{GuestFile.InitramfsWithSsh} is missing: guests/fetch.sh --ssh fetches it";
    }
}
