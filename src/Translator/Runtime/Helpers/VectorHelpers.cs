using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Vector moves whose elements are accessed one by one, those that a mask chooses.</summary>
internal static unsafe class VectorHelpers
{
    internal static readonly HelperRow[] Rows = [new(HelperId.MoveElements, &MoveElements)];

    private static ulong MoveElements(Cpu cpu, ulong start, ulong word, ulong c)
    {
        var move = new ElementMove(word);
        switch (move.Kind)
        {
            case ElementMoveKind.Load: Load(cpu, move, start); break;
            case ElementMoveKind.Store: Store(cpu, move, start); break;
            default: Gather(cpu, move, start); break;
        }
        return 0;
    }

    private static void Load(Cpu cpu, ElementMove move, ulong start)
    {
        var loaded = stackalloc ulong[CpuState.VectorStride / 8];
        new Span<ulong>(loaded, CpuState.VectorStride / 8).Clear();
        for (var i = 0; i < move.Count; i++)
        {
            if (!IsChosen(cpu, move, i)) continue;
            if (!TryLocate(cpu, move, start + (ulong)(i * move.Element), write: false, out var address)) return;
            if (!cpu.TryRead(address, move.Element, cpu.View, out var value)) return;
            HostAccess.Store((byte*)loaded + i * move.Element, move.Element, value);
        }
        Buffer.MemoryCopy(loaded, Register(cpu, move.Vector), CpuState.VectorStride, CpuState.VectorStride);
    }

    // No element is stored before all are known to be writable.
    private static void Store(Cpu cpu, ElementMove move, ulong start)
    {
        for (var i = 0; i < move.Count; i++)
        {
            if (!IsChosen(cpu, move, i)) continue;
            if (!TryLocate(cpu, move, start + (ulong)(i * move.Element), write: true, out var address)) return;
            if (!cpu.TryProbeWrite(address, move.Element, cpu.View)) return;
        }
        for (var i = 0; i < move.Count; i++)
        {
            if (!IsChosen(cpu, move, i)) continue;
            TryLocate(cpu, move, start + (ulong)(i * move.Element), write: true, out var address);
            if (!cpu.TryWrite(address, move.Element, cpu.View, HostAccess.Load(Register(cpu, move.Vector) + i * move.Element, move.Element))) return;
        }
    }

    // SDM 2C VGATHERDPS: elements that are done lose their mask, so that the instruction goes on where it faulted.
    private static void Gather(Cpu cpu, ElementMove move, ulong start)
    {
        byte* mask = Register(cpu, move.Mask), to = Register(cpu, move.Vector), index = Register(cpu, move.Index);
        for (var i = 0; i < move.Count; i++) Put(mask, i, move.Element, IsChosen(cpu, move, i) ? ulong.MaxValue : 0);
        ClearFrom(mask, move.Count * move.Element);
        for (var i = 0; i < move.Count; i++)
        {
            if (!IsChosen(cpu, move, i)) continue;
            var distance = move.IndexBytes == 8 ? ((long*)index)[i] : ((int*)index)[i];
            var offset = start + (ulong)(distance * move.Scale);
            if (move.AddressSize == OpSize.B32) offset = (uint)offset;
            if (!TryLocate(cpu, move, offset, write: false, out var address)) return;
            if (!cpu.TryRead(address, move.Element, cpu.View, out var value)) return;
            Put(to, i, move.Element, value);
            Put(mask, i, move.Element, 0);
        }
        ClearFrom(to, move.Count * move.Element);
    }

    private static bool TryLocate(Cpu cpu, ElementMove move, ulong offset, bool write, out GuestVirtual address)
    {
        address = default;
        if (move.Segment != Segment.None)
        {
            if (!move.Code64 && !cpu.CheckSegment(move.Segment, (uint)offset, move.Element, write)) return false;
            offset += cpu.SegmentOf(move.Segment).Base;
        }
        address = new(move.Code64 ? offset : (uint)offset);
        return cpu.TryAligned(address, move.Element, write);
    }

    private static bool IsChosen(Cpu cpu, ElementMove move, int i) => (Register(cpu, move.Mask)[(i + 1) * move.Element - 1] & 0x80) != 0;

    private static void Put(byte* vector, int i, int bytes, ulong value) => HostAccess.Store(vector + i * bytes, bytes, value);

    private static void ClearFrom(byte* vector, int bytes) => new Span<byte>(vector + bytes, CpuState.VectorStride - bytes).Clear();

    private static byte* Register(Cpu cpu, int number) => cpu.State->Vector + number * CpuState.VectorStride;
}
