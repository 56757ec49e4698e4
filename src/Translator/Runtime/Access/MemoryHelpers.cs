using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>The slow paths behind translated code's inline memory accesses.</summary>
internal static unsafe class MemoryHelpers
{
    internal static readonly HelperRow[] Rows =
    [
        new(HelperId.LoadSlow, &Load),
        new(HelperId.StoreSlow, &Store),
        new(HelperId.RmwSlow, &Rmw),
        new(HelperId.CmpXchgSlow, &CmpXchg),
        new(HelperId.ProbeWriteSlow, &ProbeWrite),
        new(HelperId.LoadWide, &LoadWide),
        new(HelperId.StoreWide, &StoreWide),
    ];

    private static ulong Load(Cpu cpu, ulong address, ulong unused, ulong access)
    {
        var memory = new MemoryAccess(access);
        cpu.TryRead(new(address), memory.Bytes, memory.View, out var value);
        return value;
    }

    private static ulong Store(Cpu cpu, ulong address, ulong value, ulong access)
    {
        var memory = new MemoryAccess(access);
        cpu.TryWrite(new(address), memory.Bytes, memory.View, value);
        return 0;
    }

    private static ulong ProbeWrite(Cpu cpu, ulong address, ulong unused, ulong access)
    {
        var memory = new MemoryAccess(access);
        cpu.TryProbeWrite(new(address), memory.Bytes, memory.View);
        return 0;
    }

    private static ulong Rmw(Cpu cpu, ulong address, ulong source, ulong access)
    {
        var memory = new MemoryAccess(access);
        var locked = memory.Locked || memory.Rmw == RmwKind.Xchg;
        return Update(cpu, new(address), memory, locked, source, compare: false, 0);
    }

    private static ulong CmpXchg(Cpu cpu, ulong address, ulong value, ulong access)
    {
        var memory = new MemoryAccess(access);
        return Update(cpu, new(address), memory, memory.Locked, value, compare: true, cpu.State->Gpr[0] & Mask(memory.Bytes));
    }

    private static ulong Update(Cpu cpu, GuestVirtual address, MemoryAccess memory, bool locked, ulong operand, bool compare, ulong expected)
    {
        if (Cpu.Crosses(address, memory.Bytes)) return UpdateCrossing(cpu, address, memory, locked, operand, compare, expected);
        if (!cpu.TryBeginStore(address, memory.Bytes, memory.View, out var target, WatchKind.Access)) return 0;
        var old = target.Host != null ? UpdateHost(target.Host, memory, operand, compare, expected) : UpdateElsewhere(cpu, address, target, memory, operand, compare, expected);
        cpu.EndStore(target);
        return old;
    }

    private static ulong UpdateHost(byte* host, MemoryAccess memory, ulong operand, bool compare, ulong expected)
    {
        var bytes = memory.Bytes;
        if (compare) return HostAccess.CompareExchange(host, bytes, operand, expected);
        while (true)
        {
            var old = HostAccess.Load(host, bytes);
            var value = HostAccess.Compute(memory.Rmw, old, operand, memory.Carry, bytes);
            if (HostAccess.CompareExchange(host, bytes, value, old) == old) return old;
        }
    }

    // A device register, or ROM, where only the read matters.
    private static ulong UpdateElsewhere(
        Cpu cpu, GuestVirtual address, in StoreTarget target, MemoryAccess memory, ulong operand, bool compare, ulong expected)
    {
        if (!cpu.TryRead(address, memory.Bytes, memory.View, out var old)) return 0;
        var value = compare ? (old == expected ? operand : old) : HostAccess.Compute(memory.Rmw, old, operand, memory.Carry, memory.Bytes);
        target.Region?.Write(target.RegionOffset, memory.Bytes, value);
        return old;
    }

    // No host instruction is atomic over two pages that need not be neighbours: with LOCK the instruction runs alone.
    private static ulong UpdateCrossing(Cpu cpu, GuestVirtual address, MemoryAccess memory, bool locked, ulong operand, bool compare, ulong expected)
    {
        if (locked && !cpu.IsExclusive)
        {
            cpu.LeaveAfterHelper(TbExitReason.Exclusive);
            return 0;
        }
        if (!cpu.TryProbeWrite(address, memory.Bytes, memory.View) || !cpu.TryRead(address, memory.Bytes, memory.View, out var old)) return 0;
        var value = compare ? (old == expected ? operand : old) : HostAccess.Compute(memory.Rmw, old, operand, memory.Carry, memory.Bytes);
        cpu.TryWrite(address, memory.Bytes, memory.View, value);
        return old;
    }

    private static ulong LoadWide(Cpu cpu, ulong address, ulong unused, ulong access)
    {
        var memory = new MemoryAccess(access);
        if ((address & (ulong)(memory.Alignment - 1)) != 0)
        {
            cpu.Raise(ExceptionVector.GeneralProtection, 0);
            return 0;
        }
        for (var done = 0; done < memory.Bytes;)
        {
            var piece = HostAccess.Piece(memory.Bytes - done);
            if (!cpu.TryRead(cpu.Add(new(address), done), piece, memory.View, out var value)) return 0;
            HostAccess.Store(cpu.State->Bounce + done, piece, value);
            done += piece;
        }
        return 0;
    }

    private static ulong StoreWide(Cpu cpu, ulong address, ulong unused, ulong access)
    {
        var memory = new MemoryAccess(access);
        if ((address & (ulong)(memory.Alignment - 1)) != 0)
        {
            cpu.Raise(ExceptionVector.GeneralProtection, 0);
            return 0;
        }
        if (!cpu.TryProbeWrite(new(address), memory.Bytes, memory.View)) return 0;
        for (var done = 0; done < memory.Bytes;)
        {
            var piece = HostAccess.Piece(memory.Bytes - done);
            if (!cpu.TryWrite(cpu.Add(new(address), done), piece, memory.View, HostAccess.Load(cpu.State->Bounce + done, piece))) return 0;
            done += piece;
        }
        return 0;
    }

    private static ulong Mask(int bytes) => bytes == 8 ? ulong.MaxValue : (1UL << (bytes * 8)) - 1;
}
