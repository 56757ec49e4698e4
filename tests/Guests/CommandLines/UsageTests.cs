using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Tcg.Mttcg.Guests.Tests.Support;
using Tcg.Mttcg.Guests.Workloads;

namespace Tcg.Mttcg.Guests.Tests.CommandLines;

/// <summary>What cannot be is refused with one clear line and exit code 1, at once.</summary>
public sealed class UsageTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly string _kernel;

    public UsageTests()
    {
        var image = IntegerLoop.Build(1);
        _kernel = _scratch.Write(image);
        _scratch.Write("empty", []);
        _scratch.Write("truncated", image.Bytes[..200]);
        _scratch.Write("short", image.Bytes[..40]);
        var random = new byte[1 << 20];
        new Random(1).NextBytes(random);
        _scratch.Write("random", random);
        _scratch.Sparse("sparse", 100L << 30);
        _scratch.Fifo("fifo");
        Directory.CreateDirectory(_scratch["directory"]);
    }

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData("missing", "does not exist")]
    [InlineData("empty", "is empty")]
    [InlineData("short", "")]
    [InlineData("truncated", "")]
    [InlineData("random", "is no Linux, multiboot, PVH or ELF kernel")]
    [InlineData("sparse", "is no Linux, multiboot, PVH or ELF kernel")]
    [InlineData("directory", "is a directory")]
    [InlineData("fifo", "is not a regular file")]
    public async Task A_kernel_that_cannot_be_booted_is_refused(string file, string reason) => await Refused([file, reason], "run", "-kernel", _scratch[file]);

    [Theory]
    [InlineData("missing", "does not exist")]
    [InlineData("empty", "is empty")]
    [InlineData("sparse", "fit")]
    [InlineData("directory", "is a directory")]
    [InlineData("fifo", "is not a regular file")]
    public async Task An_initrd_that_cannot_be_loaded_is_refused(string file, string reason) =>
        await Refused([file, reason], "run", "-kernel", _kernel, "-initrd", _scratch[file]);

    [Theory]
    [InlineData("-smp 0", "1 to 256")]
    [InlineData("-smp 9999", "1 to 256")]
    [InlineData("-smp -1", "1 to 256")]
    [InlineData("-smp two", "two")]
    [InlineData("-smp 1 -smp 2", "-smp")]
    [InlineData("-m 1K", "1M to 64G")]
    [InlineData("-m 99T", "1M to 64G")]
    [InlineData("-m 999999999999999999999T", "too large")]
    [InlineData("-m much", "much")]
    [InlineData("-device frobnicator", "frobnicator")]
    [InlineData("-device isa-debug-exit,iobase=0x3f8", "both claim port 0x3f8")]
    [InlineData("-action panic=wait", "panic")]
    [InlineData("-drive file=/,if=virtio", "is a directory")]
    [InlineData("-device isa-debug-exit,iobase=0x10000", "iobase")]
    [InlineData("-device isa-debug-exit,iobase=0xffff,iosize=4", "0xffff")]
    [InlineData("-device isa-debug-exit,bar=1", "bar")]
    [InlineData("-drive format=raw", "file=PATH")]
    [InlineData("-drive file=/nonexistent/disk,format=raw", "/nonexistent/disk")]
    [InlineData("-drive file=/,format=raw", "disk /")]
    [InlineData("-drive file=x,format=vmdk", "raw, qcow2")]
    [InlineData("-drive file=x,if=ide", "virtio, none")]
    [InlineData("-drive file=x,id=a -drive file=y,id=a", "twice")]
    [InlineData("-device virtio-blk-pci", "drive=ID")]
    [InlineData("-device virtio-blk-pci,drive=x", "id=x")]
    [InlineData("-device virtio-net-pci,mac=01:00:00:00:00:01", "01:00:00:00:00:01")]
    [InlineData("-device virtio-rng-pci,addr=32", "addr")]
    [InlineData("-device virtio-rng-pci,addr=4 -device virtio-rng-pci,addr=4", "slot 4 is taken")]
    [InlineData("-M microvm -device virtio-rng-pci", "-M pc")]
    [InlineData("-device virtio-serial-pci", "virtconsole")]
    [InlineData("-device virtio-serial-pci -device virtconsole,chardev=x", "id=x")]
    [InlineData("-chardev stdio,id=x -device virtio-serial-pci -device virtconsole,chardev=x", "-serial")]
    [InlineData("-accel kvm", "kvm")]
    [InlineData("-accel tcg,thread=some", "multi, single")]
    [InlineData("-accel tcg,backend=magic", "jit, interp")]
    [InlineData("-accel tcg,tb-size=0", "tb-size")]
    [InlineData("-accel tcg,tb-size=1,tb-size=2", "twice")]
    [InlineData("-smp 64 -accel tcg,tb-size=1", "too small for 64 vCPUs")]
    [InlineData("-profile fastest", "ci, debug, many-cpus, throughput")]
    [InlineData("-profile /", "-profile /")]
    [InlineData("-global mttcg.code-cache.bytes=8M", "mttcg.code-cache.bytes: no such key")]
    [InlineData("-global mttcg.code-cache.size", "KEY=VALUE")]
    [InlineData("-global mttcg.code-cache.size=much", "mttcg.code-cache.size = much")]
    [InlineData("-global mttcg.vcpu.turn=0ms -profile ci", "mttcg.vcpu.turn")]
    [InlineData("-global mttcg.code-cache.size=64K", "too small for 1 vCPUs")]
    [InlineData("-global ide.drive=1", "ide.drive: no such key")]
    [InlineData("-serial pigeon", "pigeon")]
    [InlineData("-serial file:", "file:PATH")]
    [InlineData("-serial file:/nonexistent/log", "/nonexistent/log")]
    [InlineData("-serial file:/", "file:/")]
    [InlineData("-d everything", "everything")]
    [InlineData("-d in_asm -D /nonexistent/log", "/nonexistent/log")]
    [InlineData("-d in_asm -D /", "-D /")]
    [InlineData("-M toaster", "toaster")]
    [InlineData("-cpu 8086", "8086")]
    [InlineData("-cpu x86_64-v3", "x86-64-v3")]
    [InlineData("-cpu max,+sse42", "sse4.2")]
    [InlineData("-cpu max,avx2=maybe", "'on' or 'off'")]
    [InlineData("-cpu max,+avx2,-avx", "avx2 needs it")]
    [InlineData("-smp 4,sockets=3", "3 sockets of 1 cores of 1 threads are 3 processors, not 4")]
    [InlineData("-smp 4,maxcpus=2", "maxcpus=2")]
    [InlineData("-smp sockets=20,cores=20", "at most 256")]
    [InlineData("-smp 2,dies=2", "dies")]
    [InlineData("-display gtk", "gtk")]
    [InlineData("-netdev user", "id=NAME is missing")]
    [InlineData("-netdev tap,id=n0", "'user' or 'socket'")]
    [InlineData("-netdev user,id=n0", "no -device virtio-net-pci,netdev=n0")]
    [InlineData("-netdev user,id=n0 -netdev user,id=n0 -device virtio-net-pci,netdev=n0", "given twice")]
    [InlineData("-netdev user,id=n0 -device virtio-net-pci,netdev=n0 -device virtio-net-pci,netdev=n0", "in use already")]
    [InlineData("-device virtio-net-pci,netdev=n1", "id=n1")]
    [InlineData("-nic user,hostfwd=tcp::22-:0", "hostfwd=tcp::22-:0")]
    [InlineData("-nic user,hostfwd=sctp::2222-:22", "[tcp|udp]")]
    [InlineData("-nic user,hostfwd=tcp::2222-10.9.9.9:22", "10.9.9.9")]
    [InlineData("-nic user,hostfwd=tcp:192.0.2.1:2222-:22", "192.0.2.1:2222")]
    [InlineData("-nic user,net=10.0.2.0/40", "no mask")]
    [InlineData("-nic user,net=10.0.2.0/255.0.255.0", "no mask")]
    [InlineData("-nic user,dns=10.0.3.3", "dns=10.0.3.3")]
    [InlineData("-nic user,ipv6=on", "only IPv4")]
    [InlineData("-nic user,smb=/tmp", "smb")]
    [InlineData("-nic user,mac=01:00:5e:00:00:01", "mac=")]
    [InlineData("-nic user,model=e1000", "model=e1000")]
    [InlineData("-nic none -nic user", "-nic none")]
    [InlineData("-nic socket", "one of listen=")]
    [InlineData("-nic socket,listen=:1234,connect=127.0.0.1:1", "one of listen=")]
    [InlineData("-nic socket,connect=127.0.0.1", "HOST:PORT")]
    [InlineData("-nic socket,udp=127.0.0.1:1", "localaddr")]
    [InlineData("-nic socket,connect=127.0.0.1:1", "Connection refused")]
    [InlineData("-nic socket,listen=192.0.2.1:1", "192.0.2.1:1")]
    [InlineData("-net user", "-nic user")]
    [InlineData("--frobnicate", "--frobnicate")]
    [InlineData("stray", "stray")]
    [InlineData("-append", "-append")]
    public async Task A_value_that_makes_no_sense_is_refused(string flags, string named) => await Refused([named], ["run", "-kernel", _kernel, .. flags.Split(' ')]);

    [Fact]
    public async Task A_port_in_use_is_refused()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        foreach (var network in (string[])["user,hostfwd=tcp:{0}-:22", "socket,listen={0}"])
            await Refused(["Address already in use", $"{taken.LocalEndpoint}"], "run", "-kernel", _kernel, "-nic", string.Format(CultureInfo.InvariantCulture, network, taken.LocalEndpoint));
    }

    [Theory]
    [InlineData("run", "-kernel FILE is needed")]
    [InlineData("frobnicate", "'frobnicate' is no command")]
    [InlineData("--frobnicate", "mttcg --help")]
    [InlineData("run --frobnicate", "mttcg run --help")]
    [InlineData("demo -smp 17", "at most 16")]
    [InlineData("demo -m 8M", "at least 16M")]
    [InlineData("demo -kernel x", "-kernel")]
    [InlineData("demo -profile fastest", "-profile fastest")]
    [InlineData("litmus -global mttcg.x=1", "mttcg.x")]
    [InlineData("loadtest smc -profile fastest", "-profile fastest")]
    public async Task A_command_that_makes_no_sense_is_refused(string line, string named) => await Refused([named], line.Split(' '));

    [Theory]
    [InlineData("mttcg.translator.max-instruction = 1", "max-instruction: no such key")]
    [InlineData("mttcg.translator.max-instructions = 0", "mttcg.translator.max-instructions = 0")]
    [InlineData("mttcg {", "never closed")]
    public async Task A_profile_that_makes_no_sense_is_refused(string text, string named)
    {
        _scratch.Write("profile", System.Text.Encoding.ASCII.GetBytes(text));
        await Refused(["-profile", named], "run", "-kernel", _kernel, "-profile", _scratch["profile"]);
    }

    [Fact]
    public async Task A_command_line_that_the_guest_has_no_room_for_is_refused() => await Refused(["command line"], "run", "-kernel", _kernel, "-append", new string('x', 1 << 20));

    private static async Task Refused(string[] named, params string[] arguments)
    {
        var outcome = await MttcgProgram.Call(arguments);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Equal("", outcome.Output);
        var line = Assert.Single(outcome.Error.TrimEnd('\n').Split('\n'));
        Assert.StartsWith("mttcg: ", line);
        Assert.All(named, word => Assert.Contains(word, line));
        Assert.DoesNotContain("Exception", line);
        Assert.DoesNotContain("Parameter '", line);
    }
}
