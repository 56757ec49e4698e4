using System.Runtime.InteropServices;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Runtime;

// REP MOVS and REP STOS upwards within one page of RAM: one translation and one host copy for many elements.
internal readonly unsafe ref partial struct StringRun
{
    /// <summary>Elements done; 0: do one element the slow way, which also finds every fault.</summary>
    private int TryBlock(ulong count)
    {
        var copies = operation.Kind == StringKind.Movs;
        if ((!copies && operation.Kind != StringKind.Stos) || Down || cpu.ChecksAlignment) return 0;
        var bytes = (int)Math.Min(count, PageSize.Bytes) * _size;
        GuestVirtual from = default;
        if (!TryWindow(operation.FlatDestination ? Segment.None : Segment.Es, Get(Rdi), true, ref bytes, out var to)) return 0;
        if (copies && !TryWindow(operation.Source, Get(Rsi), false, ref bytes, out from)) return 0;
        bytes -= bytes % _size;
        if (bytes <= _size) return 0;

        // The source is translated first, for its fault comes first, and looked up again after the claim on the destination, which may have
        // flushed translations.
        if (copies && (!cpu.TryHit(from, AccessKind.Read, operation.View, out var source) || source.IsMmio || (source.Flags & TlbFlags.Watchpoint) != 0)) return 0;
        if (!cpu.TryBeginStore(to, bytes, operation.View, out var target)) return 0;
        var done = 0;
        if (target.Host != null)
        {
            if (!copies)
            {
                Fill(target.Host, bytes);
                done = bytes / _size;
            }
            else if (cpu.Tlb.TryLookup(operation.View, from, AccessKind.Read, out source) && !source.IsMmio)
            {
                Copy(source.Host.Bytes, target.Host, bytes);
                done = bytes / _size;
            }
        }
        cpu.EndStore(target);
        if (done == 0) return 0;
        Set(Rdi, Get(Rdi) + (ulong)bytes);
        if (copies) Set(Rsi, Get(Rsi) + (ulong)bytes);
        return done;
    }

    /// <summary>Cuts the run to where offsets, the page and the segment go on without a break.</summary>
    private bool TryWindow(Segment segment, ulong offset, bool write, ref int bytes, out GuestVirtual address)
    {
        var linear = segment == Segment.None ? offset : offset + cpu.SegmentOf(segment).Base;
        address = new GuestVirtual(operation.Code64 ? linear : (uint)linear);
        bytes = (int)Math.Min((ulong)bytes, Math.Min(_mask - offset, (ulong)(PageSize.Bytes - 1) - address.PageOffset) + 1);
        return segment == Segment.None || operation.Code64 || cpu.MayAccess(segment, offset, bytes, write);
    }

    // Where source and destination overlap upwards, each element is read after its predecessors were written: that replicates a pattern.
    private void Copy(byte* from, byte* to, int bytes)
    {
        if (to <= from || to >= from + bytes)
        {
            Buffer.MemoryCopy(from, to, bytes, bytes);
            return;
        }
        for (var i = 0; i < bytes; i += _size) HostAccess.Store(to + i, _size, HostAccess.Load(from + i, _size));
    }

    private void Fill(byte* to, int bytes)
    {
        var value = cpu.State->Gpr[Rax];
        var span = new Span<byte>(to, bytes);
        switch (_size)
        {
            case 1: span.Fill((byte)value); break;
            case 2: MemoryMarshal.Cast<byte, ushort>(span).Fill((ushort)value); break;
            case 4: MemoryMarshal.Cast<byte, uint>(span).Fill((uint)value); break;
            default: MemoryMarshal.Cast<byte, ulong>(span).Fill(value); break;
        }
    }
}
