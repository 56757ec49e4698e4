using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Tlb;

namespace Tcg.Mttcg.Translator.Runtime;

public sealed unsafe partial class Cpu
{
    /// <summary>The part of a selector that error codes carry: index and table.</summary>
    internal static uint SelectorError(ushort selector) => selector & 0xfffcu;

    internal static bool IsNull(ushort selector) => (selector & 0xfffc) == 0;

    /// <summary>Reads a system structure: always with supervisor rights, never with SMAP's override (SDM 3A 4.6.1).</summary>
    internal bool TryReadSystem(ulong linear, int bytes, out ulong value)
    {
        _unwatched = true;
        var done = TryRead(new GuestVirtual(SystemLinear(linear)), bytes, MmuIndex.Kernel, out value);
        _unwatched = false;
        return done;
    }

    internal bool TryWriteSystem(ulong linear, int bytes, ulong value)
    {
        _unwatched = true;
        var done = TryWrite(new GuestVirtual(SystemLinear(linear)), bytes, MmuIndex.Kernel, value);
        _unwatched = false;
        return done;
    }

    private ulong SystemLinear(ulong linear) => IsLongMode ? linear : (uint)linear;

    /// <summary>Where a selector's descriptor lies. False: beyond its table's limit; nothing is raised.</summary>
    internal bool TryFindDescriptor(ushort selector, int bytes, out ulong linear)
    {
        var local = (selector & 4) != 0;
        var index = (uint)(selector & 0xfff8);
        linear = (local ? State->Ldtr.Base : State->GdtBase) + index;
        if (local && (State->Ldtr.Attributes & SegmentBits.Present) == 0) return false;
        return index + (uint)bytes - 1 <= (local ? State->Ldtr.Limit : State->GdtLimit);
    }

    /// <summary>Reads the descriptor; beyond the table's limit it raises <paramref name="vector"/> with the selector as error code.</summary>
    internal bool TryReadDescriptor(ushort selector, int vector, out Descriptor descriptor, out ulong linear)
    {
        descriptor = default;
        if (!TryFindDescriptor(selector, 8, out linear)) return Fail(vector, SelectorError(selector));
        if (!TryReadSystem(linear, 8, out var raw)) return false;
        descriptor = new Descriptor(raw);
        return true;
    }

    /// <summary>Sets the accessed bit in the table, if clear, and in the copy.</summary>
    internal bool TryMarkAccessed(ref Descriptor descriptor, ulong linear)
    {
        if ((descriptor.Type & SegmentBits.Accessed) != 0) return true;
        if (!TryWriteSystem(linear + 5, 1, (descriptor.Raw >> 40 & 0xff) | SegmentBits.Accessed)) return false;
        descriptor = new Descriptor(descriptor.Raw | 1UL << 40);
        return true;
    }

    /// <summary>The address is canonical for the paging depth in force: 48 bits, or 57 with CR4.LA57.</summary>
    internal bool IsCanonical(ulong address)
    {
        var shift = (State->Cr4 & Cr4.La57) != 0 ? 7 : 16;
        return (ulong)((long)(address << shift) >> shift) == address;
    }
}
