namespace Tcg.Mttcg.Guests.Tests.Support;

/// <summary>What the host's kernel says of this process (proc(5)).</summary>
internal static class HostProcess
{
    public static int Threads => Directory.GetDirectories("/proc/self/task").Length;

    public static int Descriptors => Directory.GetFiles("/proc/self/fd").Length;

    /// <summary>Lines of /proc/self/maps: <c>address rights offset device inode name</c>.</summary>
    public static IReadOnlyList<string> Mappings => File.ReadAllLines("/proc/self/maps");

    /// <summary>Mappings of the files in memory that machines make: guest RAM and code buffers.</summary>
    public static IEnumerable<string> MappingsOfMachines => Mappings.Where(line => line.Contains("/memfd:mttcg", StringComparison.Ordinal));

    /// <summary>Address space in use, in bytes.</summary>
    public static long VirtualBytes => long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[0]) * Environment.SystemPageSize;

    public static string Rights(string mapping) => mapping.Split(' ')[1];
}
