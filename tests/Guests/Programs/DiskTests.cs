using System.Diagnostics;
using System.Globalization;
using Tcg.Mttcg.Guests.Tests.Support;

namespace Tcg.Mttcg.Guests.Tests.Programs;

/// <summary>
/// A guest's ext4 on our disks. MTTCG_KILLS=20 makes the test that kills the machine thorough; by default it is quick.
/// </summary>
public sealed class DiskTests : IDisposable
{
    private const string Prompt = "/ # ";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);
    private static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("MTTCG_KILLS") ?? "2", CultureInfo.InvariantCulture);

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    // Each life checks what the lives before were promised, and goes on writing until it is killed. File i holds the numbers i to i + 3000.
    [GuestFileTheory(GuestFile.Linux)]
    [InlineData("raw")]
    [InlineData("qcow2")]
    public async Task A_machine_that_is_killed_while_it_writes_loses_no_file_that_was_synced(string format)
    {
        if (!IsThere("mke2fs") || !IsThere("e2fsck") || (format == "qcow2" && !IsThere("qemu-img"))) return;
        var random = new Random(1);
        var disk = _scratch.Sparse("disk." + format, 64 << 20);
        Tool("mke2fs", 0, "-q", "-t", "ext4", "-F", disk);
        if (format == "qcow2")
        {
            Tool("qemu-img", 0, "convert", "-f", "raw", "-O", "qcow2", disk, _scratch["disk.new"]);
            File.Move(_scratch["disk.new"], disk, overwrite: true);
        }
        var synced = 0;
        for (var life = 0; life < Kills; life++)
        {
            using var guest = Start(disk, format);
            await guest.Expect(Prompt, Limit);
            await Check(guest, synced);
            guest.Type($"i={synced + 1}; while :; do seq $i $((i+3000)) | dd of=/mnt/f$i conv=fsync 2>/dev/null && echo kept:$i:; i=$((i+1)); done\n");
            var wanted = synced + 1 + random.Next(12);
            await guest.Expect($"\nkept:{wanted}:", Limit);
            await Task.Delay(random.Next(60));
            await guest.Kill();
            synced = LastKept(guest.Text, wanted);
        }
        using var last = Start(disk, format);
        await last.Expect(Prompt, Limit);
        await Check(last, synced);
        last.Type("umount /mnt; poweroff -f\n");
        Assert.Equal(0, await last.ExitCode());
        if (format == "qcow2")
        {
            Tool("qemu-img", 3, "check", "-q", disk);
            Tool("qemu-img", 0, "convert", "-f", "qcow2", "-O", "raw", disk, _scratch["disk.raw"]);
            disk = _scratch["disk.raw"];
        }
        Tool("e2fsck", 0, "-fn", disk);
    }

    [GuestFileFact(GuestFile.Debian)]
    public async Task Debian_boots_to_its_login_and_keeps_what_was_written()
    {
        var disk = _scratch["debian.ext4"];
        Tool("cp", 0, "--sparse=always", GuestFile.PathOf(GuestFile.Debian), disk);
        using (var guest = StartDebian(disk))
        {
            await LogIn(guest);
            guest.Type("apt list --installed 2>/dev/null | wc -l; echo written >/root/kept; sync; echo do\"\"ne\n");
            Assert.Matches(@"\D1\d\d\r\n", await guest.Expect("done", Limit));
            guest.Type("poweroff\n");
            Assert.Equal(0, await guest.ExitCode());
        }
        using (var guest = StartDebian(disk))
        {
            await LogIn(guest);
            guest.Type("cat /root/kept; systemctl is-system-running; poweroff\n");
            await guest.Expect("\rwritten", Limit);
            Assert.Equal(0, await guest.ExitCode());
        }
        Tool("e2fsck", 0, "-fn", disk);
    }

    private static async Task Check(GuestProcess guest, int synced)
    {
        guest.Type($"mount /dev/vda /mnt && for i in $(seq {synced}); do seq $i $((i+3000)) | cmp - /mnt/f$i || echo lo\"\"st $i; done; echo chec\"\"ked\n");
        Assert.DoesNotContain("lost", await guest.Expect("checked", Limit), StringComparison.Ordinal);
    }

    private static int LastKept(string text, int least)
    {
        var kept = least;
        while (text.Contains($"\nkept:{kept + 1}:", StringComparison.Ordinal)) kept++;
        return kept;
    }

    private static async Task LogIn(GuestProcess guest)
    {
        await guest.Expect("mttcg login: ", Limit);
        guest.Type("root\n");
        await guest.Expect("Password: ", Limit);
        guest.Type("mttcg\n");
        await guest.Expect("# ", Limit);
    }

    private static GuestProcess Start(string disk, string format) => new(
        "run", "-smp", "2", "-m", "256M", "-nographic", "-no-reboot", "-kernel", GuestFile.PathOf(GuestFile.Linux), "-initrd", GuestFile.PathOf(GuestFile.Initramfs),
        "-append", "console=ttyS0 panic=-1", "-drive", $"file={disk},format={format},if=virtio");

    private static GuestProcess StartDebian(string disk) => new(
        "run", "-smp", "2", "-m", "1G", "-nographic", "-no-reboot", "-kernel", GuestFile.PathOf(GuestFile.Linux), "-initrd", GuestFile.PathOf(GuestFile.Initramfs),
        "-append", "console=ttyS0 root=/dev/vda", "-drive", $"file={disk},format=raw,if=virtio");

    private static bool IsThere(string tool) => Paths().Any(folder => File.Exists(Path.Combine(folder, tool)));

    private static IEnumerable<string> Paths() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Append("/sbin");

    private static void Tool(string name, int most, params string[] arguments)
    {
        var path = Paths().Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists) ?? name;
        using var tool = Process.Start(new ProcessStartInfo(path, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = tool.StandardError.ReadToEndAsync();
        var text = tool.StandardOutput.ReadToEnd() + error.Result;
        tool.WaitForExit();
        Assert.True(tool.ExitCode == 0 || tool.ExitCode == most, $"{name} {string.Join(' ', arguments)}: exit code {tool.ExitCode}: {text}");
    }
}
