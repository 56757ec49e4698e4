using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Tlb;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>The line that MONITOR named, as it was then. One wait uses it up.</summary>
public sealed unsafe class MonitoredLine
{
    /// <summary>Bytes, as CPUID leaf 5 says.</summary>
    public const int Bytes = 64;

    private readonly byte[] _copy = new byte[Bytes];
    private GuestVirtual _start;
    private bool _armed;

    internal void Arm(ulong address, in TlbHit hit)
    {
        // Only write-back memory can be monitored.
        _armed = !hit.Host.IsNull;
        if (!_armed) return;
        var inLine = address & Bytes - 1;
        _start = new(address - inLine);
        new ReadOnlySpan<byte>(hit.Host.Bytes - inLine, Bytes).CopyTo(_copy);
    }

    /// <summary>Nothing is armed, or the line is another one than it was.</summary>
    internal bool TakeChange(Cpu cpu)
    {
        if (!_armed) return true;
        _armed = false;
        return !cpu.Tlb.TryLookup(cpu.View, _start, AccessKind.Read, out var hit) || hit.Host.IsNull
            || !new ReadOnlySpan<byte>(hit.Host.Bytes, Bytes).SequenceEqual(_copy);
    }

    internal void Disarm() => _armed = false;
}
