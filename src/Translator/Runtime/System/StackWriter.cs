using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Tlb;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>
/// Pushes that happen all or not at all: values are collected, then every slot is checked and probed, then all are written. A fault leaves the
/// guest's memory and registers as they were.
/// </summary>
internal ref struct StackWriter(Cpu cpu, in SegmentRegister stack, ulong top, ulong mask, int slot, MmuIndex view, uint stackError, Span<ulong> values)
{
    private readonly SegmentRegister _stack = stack;
    private readonly Span<ulong> _values = values;
    private int _count;

    /// <summary>Where the stack pointer will be, under the mask.</summary>
    public readonly ulong Top => (top - (ulong)(_count * slot)) & mask;

    public void Push(ulong value) => _values[_count++] = value;

    /// <summary>Writes all. False: #SS with the given error code, or a memory fault, is pending.</summary>
    public readonly bool TryCommit()
    {
        for (var i = 1; i <= _count; i++)
        {
            var offset = (top - (ulong)(i * slot)) & mask;
            if (!cpu.TryStackAddress(_stack, mask, offset, slot, stackError, out var address)) return false;
            if (view == MmuIndex.User && !cpu.TryAligned(address, slot, write: true)) return false;
            if (!cpu.TryProbeWrite(address, slot, view)) return false;
        }
        for (var i = 1; i <= _count; i++)
        {
            var offset = (top - (ulong)(i * slot)) & mask;
            cpu.TryStackAddress(_stack, mask, offset, slot, stackError, out var address);
            if (!cpu.TryWrite(address, slot, view, _values[i - 1])) return false;
        }
        return true;
    }
}

/// <summary>Pops that move no register until the caller says so.</summary>
internal ref struct StackReader(Cpu cpu, in SegmentRegister stack, ulong top, ulong mask, int slot, MmuIndex view)
{
    private readonly SegmentRegister _stack = stack;
    private ulong _top = top;

    public readonly ulong Top => _top & mask;

    public bool TryPop(out ulong value)
    {
        value = 0;
        if (!cpu.TryStackAddress(_stack, mask, _top & mask, slot, 0, out var address)) return false;
        if (view == MmuIndex.User && !cpu.TryAligned(address, slot, write: false)) return false;
        if (!cpu.TryRead(address, slot, view, out value)) return false;
        _top += (ulong)slot;
        return true;
    }

    public void Skip(ulong bytes) => _top += bytes;
}
