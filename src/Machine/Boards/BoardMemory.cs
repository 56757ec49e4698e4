using Tcg.Mttcg.Machine.Firmware;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Physical;

namespace Tcg.Mttcg.Machine.Boards;

/// <summary>The machine's RAM mapping, addressed as the guest sees it.</summary>
public sealed class BoardMemory(GuestRam ram) : IGuestMemory
{
    public RamLayout Layout { get; } = new(ram.Length);

    public Span<byte> Span(ulong address, int length) => Layout.Contains(address, (ulong)length)
        ? ram.Span(new RamOffset(Layout.OffsetOf(address)), length)
        : throw new ArgumentOutOfRangeException(nameof(address), address, $"{length} bytes from there are not all RAM");
}
