using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Boards;

/// <summary>A device's ports on the I/O bus.</summary>
/// <param name="Gate">To be held around each access.</param>
/// <param name="MaxAccess">Widest access in bytes; wider ones are split.</param>
public sealed record PortRange(string Name, ushort First, int Count, IPortDevice Device, Gate Gate, int MaxAccess = 1);

/// <summary>A device's registers in guest-physical memory.</summary>
public sealed record MmioRange(string Name, ulong Start, ulong Bytes, IMmioDevice Device, Gate Gate, int MaxAccess = 4);

/// <summary>Where a board's devices answer, and which of them have a RESET pin. The board's parts add themselves.</summary>
public sealed class DeviceMap
{
    private readonly List<PortRange> _ports = [];
    private readonly List<MmioRange> _mmio = [];
    private readonly List<(Gate Gate, IResettable Device)> _resettable = [];
    private readonly List<IDisposable> _disposables = [];

    public IReadOnlyList<PortRange> Ports => _ports;

    public IReadOnlyList<MmioRange> Mmio => _mmio;

    internal IReadOnlyList<(Gate Gate, IResettable Device)> Resettable => _resettable;

    internal IReadOnlyList<IDisposable> Disposables => _disposables;

    /// <exception cref="ArgumentException">Another device answers at one of its ports.</exception>
    internal void Add(PortRange range)
    {
        if (_ports.Find(other => other.First < range.First + range.Count && range.First < other.First + other.Count) is { } other)
            throw new ArgumentException($"{other.Name} and {range.Name} both claim port 0x{Math.Max(other.First, range.First):x}");
        _ports.Add(range);
    }

    internal void Add(MmioRange range) => _mmio.Add(range);

    internal void Add(Gate gate, IResettable device) => _resettable.Add((gate, device));

    internal void Own(IDisposable disposable) => _disposables.Add(disposable);
}
