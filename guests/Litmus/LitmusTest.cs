using Tcg.Mttcg.Guests.BareMetal;

namespace Tcg.Mttcg.Guests.Litmus;

/// <summary>
/// A guest whose CPUs race on purpose. It counts outcomes that must not be and, where the memory model allows one that a machine without store
/// buffers would not show, how often that was seen. It says <c>forbidden X relaxed Y</c> in hexadecimal on the serial port and exits with 0 if nothing
/// forbidden happened and what had to be seen was.
/// </summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Meaning">A few words for a table.</param>
/// <param name="Build">The guest that runs so many rounds.</param>
/// <param name="Cpus">The fewest CPUs it means anything with.</param>
/// <param name="RoundsPerStep">How many rounds one step of the guest counts for: expensive steps are made less often.</param>
/// <param name="MustRelax">The relaxed outcome must be seen.</param>
/// <param name="CodeBytes">Size in bytes of the code buffer it is meant for, by the number of CPUs; null: any.</param>
/// <param name="Disk">The content of the virtio-blk-pci disk that it needs, in whole sectors; null: it needs none.</param>
public sealed record LitmusTest(
    string Name, string Meaning, Func<uint, GuestImage> Build, int Cpus = 2, int RoundsPerStep = 1, bool MustRelax = false, Func<int, long>? CodeBytes = null, Func<byte[]>? Disk = null)
{
    /// <summary>The guest for so many rounds; at least one step.</summary>
    public GuestImage For(long rounds) => Build((uint)Math.Clamp(rounds / RoundsPerStep, 1, int.MaxValue));
}
