using Tcg.Mttcg.Memory;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>CMPXCHG8B and CMPXCHG16B.</summary>
internal static unsafe class AtomicHelpers
{
    internal static readonly HelperRow[] Rows = [new(HelperId.CmpXchgWide, &CmpXchgWide)];

    // Processors always write the operand, with the old value where the comparison failed: a read-only page faults either way.
    private static ulong CmpXchgWide(Cpu cpu, ulong address, ulong bytes, ulong locked)
    {
        var gpr = cpu.State->Gpr;
        var wide = bytes == 16;
        if (wide && (address & 15) != 0)
        {
            cpu.Raise(ExceptionVector.GeneralProtection, 0);
            return 0;
        }
        var old = stackalloc ulong[2];
        old[0] = wide ? gpr[0] : cpu.EdxEax;
        old[1] = wide ? gpr[2] : 0;
        var low = wide ? gpr[3] : gpr[1] << 32 | (uint)gpr[3];
        if (!TryExchange(cpu, new GuestVirtual(address), (int)bytes, locked != 0, old, low, gpr[1], out var equal)) return 0;
        cpu.ZeroFlag = equal;
        if (equal) return 0;
        if (!wide)
        {
            cpu.SetEdxEax(old[0]);
            return 0;
        }
        gpr[0] = old[0];
        gpr[2] = old[1];
        return 0;
    }

    private static bool TryExchange(Cpu cpu, GuestVirtual address, int bytes, bool locked, ulong* old, ulong low, ulong high, out bool equal)
    {
        equal = false;
        if (Cpu.Crosses(address, bytes))
        {
            if (!locked || cpu.IsExclusive) return TryInPieces(cpu, address, bytes, old, low, high, out equal);
            cpu.LeaveAfterHelper(TbExitReason.Exclusive);
            return false;
        }
        if (!cpu.TryBeginStore(address, bytes, cpu.View, out var target)) return false;
        if (target.Host == null)
        {
            cpu.EndStore(target);
            return TryInPieces(cpu, address, bytes, old, low, high, out equal);
        }
        if (bytes == 16)
        {
            equal = Exchange16(target.Host, old, low, high);
        }
        else
        {
            var expected = old[0];
            old[0] = HostAccess.CompareExchange(target.Host, 8, low, expected);
            equal = old[0] == expected;
        }
        cpu.EndStore(target);
        return true;
    }

    // Device memory, or the only running processor: nothing to be atomic against.
    private static bool TryInPieces(Cpu cpu, GuestVirtual address, int bytes, ulong* old, ulong low, ulong high, out bool equal)
    {
        equal = false;
        ulong upper = 0;
        var next = cpu.Add(address, 8);
        if (!cpu.TryProbeWrite(address, bytes, cpu.View) || !cpu.TryRead(address, 8, cpu.View, out var lower)) return false;
        if (bytes == 16 && !cpu.TryRead(next, 8, cpu.View, out upper)) return false;
        equal = lower == old[0] && (bytes == 8 || upper == old[1]);
        old[0] = lower;
        old[1] = upper;
        return cpu.TryWrite(address, 8, cpu.View, equal ? low : lower) && (bytes == 8 || cpu.TryWrite(next, 8, cpu.View, equal ? high : upper));
    }

    private static readonly Lock Fallback = new();

    // Hosts without the instruction: atomic against other such operations, which is what a guest's lock-free lists need.
    private static bool Exchange16(byte* location, ulong* old, ulong low, ulong high)
    {
        if (HostThunks.Instance is { } thunks) return thunks.CompareExchange16(location, old, low, high);
        lock (Fallback)
        {
            var words = (ulong*)location;
            var lower = Volatile.Read(ref words[0]);
            var upper = Volatile.Read(ref words[1]);
            var equal = lower == old[0] && upper == old[1];
            if (equal)
            {
                Volatile.Write(ref words[1], high);
                Volatile.Write(ref words[0], low);
            }
            old[0] = lower;
            old[1] = upper;
            return equal;
        }
    }
}
