using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>
/// One execution of a string instruction (SDM 2B REP): a bounded number of elements, registers exact after each, so that a fault, an
/// interrupt or a kick finds a state from which the same instruction goes on.
/// </summary>
internal readonly unsafe ref partial struct StringRun(Cpu cpu, StringOperation operation)
{
    private const int Rax = 0, Rcx = 1, Rdx = 2, Rsi = 6, Rdi = 7;

    /// <summary>How much is done before the vCPU may look up: bytes moved as blocks, or this much for each single element.</summary>
    private const int Budget = 1 << 16, SingleCost = 64;

    private readonly int _size = 1 << (int)operation.Element;
    private readonly ulong _mask = operation.AddressSize switch { OpSize.B16 => ushort.MaxValue, OpSize.B32 => uint.MaxValue, _ => ulong.MaxValue };

    /// <summary>1: not finished.</summary>
    public ulong Run()
    {
        var uses = operation.Kind;
        var single = cpu.SingleStepping || cpu.RunsAlone;
        if (uses is StringKind.Ins or StringKind.Outs && !(operation.Repeat != RepeatKind.None && Get(Rcx) == 0) && !cpu.TryPort((ushort)cpu.State->Gpr[Rdx], _size)) return 0;
        if (operation.Repeat == RepeatKind.None)
        {
            TryElement();
            return 0;
        }
        for (var budget = single ? 1 : Budget; budget > 0;)
        {
            var count = Get(Rcx);
            if (count == 0) return 0;
            var done = single ? 0 : TryBlock(count);
            if (done == 0 && !TryElement()) return 1;
            Set(Rcx, count - (ulong)Math.Max(done, 1));
            budget -= done == 0 ? SingleCost : done * _size;
            if (Stops()) return 0;
            if (cpu.State->HelperExit != 0 || Volatile.Read(ref cpu.State->ExitRequest) != 0) break;
        }
        return Get(Rcx) == 0 ? 0UL : 1UL;
    }

    // CMPS and SCAS end when ZF is not what the prefix wants.
    private bool Stops() => operation.Kind is StringKind.Cmps or StringKind.Scas
        && (cpu.State->FlagsLow & Eflag.Zf) != 0 != (operation.Repeat == RepeatKind.RepE);

    private bool TryElement()
    {
        var view = operation.View;
        switch (operation.Kind)
        {
            case StringKind.Movs:
                if (!TrySource(out var moved) || !TryDestination(true, out var to) || !cpu.TryWrite(to, _size, view, moved)) return false;
                Step(Rsi);
                Step(Rdi);
                return true;
            case StringKind.Stos:
                if (!TryDestination(true, out to) || !cpu.TryWrite(to, _size, view, cpu.State->Gpr[Rax])) return false;
                Step(Rdi);
                return true;
            case StringKind.Lods:
                if (!TrySource(out var loaded)) return false;
                cpu.State->Gpr[Rax] = _size switch
                {
                    1 => (cpu.State->Gpr[Rax] & ~0xffUL) | loaded,
                    2 => (cpu.State->Gpr[Rax] & ~0xffffUL) | loaded,
                    _ => loaded,
                };
                Step(Rsi);
                return true;
            case StringKind.Cmps:
                if (!TrySource(out var left) || !TryDestination(false, out to) || !cpu.TryRead(to, _size, view, out var right)) return false;
                cpu.SetCompareFlags(left, right, _size);
                Step(Rsi);
                Step(Rdi);
                return true;
            case StringKind.Scas:
                if (!TryDestination(false, out to) || !cpu.TryRead(to, _size, view, out right)) return false;
                cpu.SetCompareFlags(cpu.State->Gpr[Rax], right, _size);
                Step(Rdi);
                return true;
            case StringKind.Ins:
                // The store must be known to succeed before the device sees the read.
                if (!TryDestination(true, out to) || !cpu.TryProbeWrite(to, _size, view)) return false;
                var input = cpu.Ports.Io.Read((ushort)cpu.State->Gpr[Rdx], _size);
                if (!cpu.TryWrite(to, _size, view, input)) return false;
                Step(Rdi);
                return true;
            default:
                if (!TrySource(out var output)) return false;
                cpu.Ports.Io.Write((ushort)cpu.State->Gpr[Rdx], _size, (uint)output);
                Step(Rsi);
                return true;
        }
    }

    private bool TrySource(out ulong value)
    {
        value = 0;
        return TryAddress(operation.Source, Get(Rsi), false, out var address) && cpu.TryRead(address, _size, operation.View, out value);
    }

    private bool TryDestination(bool write, out GuestVirtual address) =>
        TryAddress(operation.FlatDestination ? Segment.None : Segment.Es, Get(Rdi), write, out address);

    private bool TryAddress(Segment segment, ulong offset, bool write, out GuestVirtual address)
    {
        address = default;
        if (segment != Segment.None)
        {
            if (!operation.Code64 && !cpu.CheckSegment(segment, offset, _size, write)) return false;
            offset += cpu.SegmentOf(segment).Base;
        }
        address = new GuestVirtual(operation.Code64 ? offset : (uint)offset);
        return cpu.TryAligned(address, _size, write);
    }

    private bool Down => (cpu.State->SystemFlags & Eflag.Df) != 0;

    private ulong Get(int register) => cpu.State->Gpr[register] & _mask;

    private void Set(int register, ulong value)
    {
        ref var target = ref cpu.State->Gpr[register];
        target = operation.AddressSize == OpSize.B16 ? (target & ~_mask) | (value & _mask) : value & _mask;
    }

    private void Step(int register) => Set(register, Get(register) + (ulong)(Down ? -_size : _size));
}
