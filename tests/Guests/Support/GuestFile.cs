using System.Runtime.CompilerServices;

namespace Tcg.Mttcg.Guests.Tests.Support;

/// <summary>Guests of others, which guests/fetch.sh puts into guests/cache.</summary>
internal static class GuestFile
{
    public const string Memtest = "memtest86+x64.bin", Linux = "vmlinuz-cloud", Initramfs = "initramfs.cpio", InitramfsWithSsh = "initramfs-ssh.cpio", VirtioModules = "modules/order", Debian = "debian.ext4";

    public static string PathOf(string name) => Path.Combine(Root(), "guests", "cache", name);

    /// <summary>The repository.</summary>
    public static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}

/// <inheritdoc cref="GuestFileFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class GuestFileTheoryAttribute : TheoryAttribute
{
    public GuestFileTheoryAttribute(string name) => Skip = new GuestFileFactAttribute(name).Skip;
}

/// <summary>A test that boots a fetched guest. Without the file it is skipped, but where CI is true it runs, and fails.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class GuestFileFactAttribute : FactAttribute
{
    public GuestFileFactAttribute(string name)
    {
        if (!File.Exists(GuestFile.PathOf(name)) && Environment.GetEnvironmentVariable("CI") != "true")
            Skip = $"guests/cache/{name} is missing: guests/fetch.sh fetches it";
    }
}
