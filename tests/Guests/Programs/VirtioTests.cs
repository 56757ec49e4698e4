using System.Security.Cryptography;
using System.Text;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Guests.Tests.Support;
using Tcg.Mttcg.Machine.Boards;
using Tcg.Mttcg.Machine.Serial;
using Tcg.Mttcg.Machine.Storage;
using Tcg.Mttcg.Machine.Storage.Formats;

namespace Tcg.Mttcg.Guests.Tests.Programs;

/// <summary>Debian's own drivers on our virtio devices.</summary>
public sealed class VirtioTests : IDisposable
{
    private const string Prompt = "/ # ";
    private const int DiskBytes = 16 << 20;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [GuestFileFact(GuestFile.VirtioModules)]
    public async Task A_disk_is_copied_to_another_byte_for_byte()
    {
        var source = new byte[DiskBytes];
        new Random(1).NextBytes(source);
        string from = _scratch.Write("from.img", source), to = _scratch.Sparse("to.img", DiskBytes);
        await using (var vm = await Start(2, disks: [Raw(from) with { ReadOnly = true }, Raw(to)]))
        {
            // Four writers at once, some past the page cache.
            var output = await Run(vm, "for i in 0 1 2 3; do dd if=/dev/vda of=/dev/vdb bs=64k skip=$((i*64)) seek=$((i*64)) count=64 conv=notrunc oflag=direct 2>/dev/null & done; wait; sync; md5sum /dev/vda /dev/vdb; echo x >/dev/vda");
            var sum = Convert.ToHexStringLower(MD5.HashData(source));
            Assert.Contains($"{sum}  /dev/vda", output, StringComparison.Ordinal);
            Assert.Contains($"{sum}  /dev/vdb", output, StringComparison.Ordinal);
            Assert.Contains("Operation not permitted", output, StringComparison.Ordinal);
            await PowerOff(vm);
        }
        Assert.Equal(source, await File.ReadAllBytesAsync(from));
        Assert.Equal(source, await File.ReadAllBytesAsync(to));
    }

    [GuestFileFact(GuestFile.VirtioModules)]
    public async Task A_file_on_a_file_system_outlives_the_machine()
    {
        var disk = _scratch.Sparse("fs.img", DiskBytes);
        string written;
        await using (var vm = await Start(1, disks: [Raw(disk)]))
        {
            written = await Run(vm, "mke2fs -F /dev/vda >/dev/null 2>&1; mount -t ext4 /dev/vda /mnt; head -c 3000000 /dev/hwrng >/mnt/file; md5sum /mnt/file; umount /mnt");
            await PowerOff(vm);
        }
        Assert.Contains("/mnt/file", written, StringComparison.Ordinal);
        await using (var vm = await Start(2, disks: [Raw(disk)]))
        {
            var read = await Run(vm, "mount -t ext4 /dev/vda /mnt; md5sum /mnt/file; rm /mnt/file; umount /mnt; blkdiscard /dev/vda 2>/dev/null; dmesg | grep -c 'I/O error'");
            Assert.Equal(Line(written, "/mnt/file"), Line(read, "/mnt/file"));
            Assert.Contains("\n0\r", read, StringComparison.Ordinal);
            await PowerOff(vm);
        }
    }

    [GuestFileFact(GuestFile.VirtioModules)]
    public async Task A_console_talks_both_ways_and_random_bytes_are_random()
    {
        var console = new SerialLink();
        await using var vm = await Start(1, new VirtioConsoleOptions(console));
        // Linux drops what was typed before the terminal is opened.
        await Run(vm, "exec 3<>/dev/hvc0; stty -echo <&3");
        foreach (var value in "hello\n"u8.ToArray()) console.Input.TryWrite(value);
        var output = await Run(vm, "read line <&3; echo \"got $line\"; echo back >&3; for i in 1 2; do head -c 64 /dev/hwrng | md5sum; done");
        Assert.Contains("got hello", output, StringComparison.Ordinal);
        var sums = output.Split('\n').Where(line => line.TrimEnd().EndsWith("  -", StringComparison.Ordinal)).ToArray();
        Assert.Equal(2, sums.Distinct().Count());
        var text = new StringBuilder();
        while (console.Output.TryRead(out var value)) text.Append((char)value);
        Assert.EndsWith("back\r\n", text.ToString(), StringComparison.Ordinal);
        await PowerOff(vm);
    }

    [GuestFileFact(GuestFile.VirtioModules)]
    public async Task Without_msi_the_devices_interrupt_through_the_ioapic()
    {
        var disk = _scratch.Sparse("disk.img", DiskBytes);
        await using var vm = await Start(2, "pci=nomsi", [Raw(disk)]);
        var output = await Run(vm, "dd if=/dev/vda of=/dev/null bs=1M count=8 iflag=direct 2>&1 | head -1; grep virtio /proc/interrupts");
        Assert.Contains("8+0 records in", output, StringComparison.Ordinal);
        Assert.Contains("fasteoi", output, StringComparison.Ordinal);
        await PowerOff(vm);
    }

    private static DiskOptions Raw(string path) => new(path) { Format = ImageFormat.Raw };

    private static Task<Vm> Start(int cpus, DiskOptions[] disks) => Start(cpus, "", disks);

    private static Task<Vm> Start(int cpus, VirtioOptions device) => Start(cpus, "", [], device, new VirtioRngOptions());

    private static async Task<Vm> Start(int cpus, string commandLine, DiskOptions[] disks, params VirtioOptions[] others)
    {
        var vm = Vm.Start(new VmOptions
        {
            Kernel = GuestFile.PathOf(GuestFile.Linux),
            Initrd = GuestFile.PathOf(GuestFile.Initramfs),
            CommandLine = $"console=ttyS0 panic=-1 quiet {commandLine}",
            Topology = new(cpus),
            RamBytes = 256 << 20,
            Disks = disks,
            Virtio = others.Length == 0 ? [new VirtioRngOptions()] : others,
        });
        await Expect(vm, Prompt);
        return vm;
    }

    /// <summary>What a command prints.</summary>
    private static async Task<string> Run(Vm vm, string command)
    {
        var from = vm.Console.Text.Length;
        vm.Console.Write(command + "; echo don''e\n");
        if (!await vm.Console.WaitUntilAsync(text => text.IndexOf("\ndone", from, StringComparison.Ordinal) >= 0, Limit)) Assert.Fail($"no end\n{await vm.Where()}\n{vm.Console.Text}");
        return vm.Console.Text[from..];
    }

    private static async Task PowerOff(Vm vm)
    {
        vm.Console.Write("poweroff -f\n");
        Assert.Equal(ExitReason.PoweredOff, (await vm.ToEnd()).Reason);
        Assert.DoesNotContain("Call Trace", vm.Console.Text, StringComparison.Ordinal);
    }

    private static string Line(string text, string end) => text.Split('\n').Select(line => line.TrimEnd()).Single(line => line.EndsWith("  " + end, StringComparison.Ordinal));

    private static async Task Expect(Vm vm, string text)
    {
        if (!await vm.Console.WaitForAsync(text, Limit)) Assert.Fail($"no '{text}'\n{await vm.Where()}\n{vm.Console.Text}");
    }
}
