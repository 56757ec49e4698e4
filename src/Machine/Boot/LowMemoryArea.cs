using System.Text;
using Tcg.Mttcg.Machine.Firmware;

namespace Tcg.Mttcg.Machine.Boot;

/// <summary>
/// Hands out pieces of memory for boot information, from an area that no part of the kernel covers: conventional memory when free, else what
/// follows the kernel and its modules.
/// </summary>
internal sealed class LowMemoryArea
{
    private const ulong AreaBytes = 0x20000;

    private readonly BootContext _context;
    private readonly ulong _end;
    private ulong _next;

    /// <param name="taken">Ranges the image occupies.</param>
    /// <param name="after">First free address behind them.</param>
    public LowMemoryArea(BootContext context, IEnumerable<ElfSegment> taken, ulong after)
    {
        _context = context;
        ulong start = BootTables.ParametersStart;
        bool isFree = taken.All(s => s.PhysicalAddress >= start + AreaBytes || s.PhysicalAddress + s.MemoryBytes <= start);
        _next = isFree ? start : AlignUp(after, 0x1000);
        _end = _next + AreaBytes;
        if (!context.Memory.Layout.Contains(_next, AreaBytes)) throw context.Kernel.Error("leaves no RAM for its boot information");
    }

    public ulong Reserve(ulong bytes)
    {
        ulong address = AlignUp(_next, 8);
        if (bytes > _end - address) throw _context.Kernel.Error("has command lines too long to pass on");
        _next = address + bytes;
        return address;
    }

    public ulong Put(ReadOnlySpan<byte> bytes)
    {
        ulong address = Reserve((ulong)bytes.Length);
        _context.Memory.Write(address, bytes);
        return address;
    }

    /// <summary>A string with its terminating zero.</summary>
    public ulong Put(string text) => Put(Encoding.UTF8.GetBytes(text + "\0"));

    public static ulong AlignUp(ulong value, ulong alignment) => (value + alignment - 1) & ~(alignment - 1);
}
