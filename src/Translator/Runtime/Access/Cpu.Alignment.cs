using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Tlb;

namespace Tcg.Mttcg.Translator.Runtime;

// Alignment checks (SDM 3A 6.15, #AC): compiled into translated code that TbFlags.AlignmentCheck marks, asked for by helpers that access memory themselves.
public sealed unsafe partial class Cpu
{
    /// <summary>CPL 3, CR0.AM and EFLAGS.AC.</summary>
    internal bool ChecksAlignment => (State->SystemFlags & Eflag.Ac) != 0 && (State->Cr0 & Cr0.Am) != 0 && Cpl == 3;

    /// <summary>What an access of so many bytes must be aligned to (SDM 3A table 6-7); 1: nothing.</summary>
    internal static int AlignmentOf(int bytes) => bytes switch
    {
        2 or 14 or 94 => 2,
        4 or 6 or 28 or 108 => 4,
        8 or 10 => 8,
        _ => 1,
    };

    /// <summary>False: it is misaligned where that counts, and #AC(0) or what comes before it is pending.</summary>
    internal bool TryAligned(GuestVirtual address, int bytes, bool write)
    {
        if (!ChecksAlignment || (address.Value & (uint)(AlignmentOf(bytes) - 1)) == 0) return true;
        FailAlignment(address, bytes, write);
        return false;
    }

    /// <summary>Raises #AC(0), unless the access would fault anyhow: page faults come first (SDM 3A table 6-2).</summary>
    internal void FailAlignment(GuestVirtual address, int bytes, bool write)
    {
        var kind = write ? AccessKind.Write : AccessKind.Read;
        if (TryHit(address, kind, View, out _) && (!Crosses(address, bytes) || TryHit(NextPage(address), kind, View, out _)))
            Raise(ExceptionVector.AlignmentCheck, 0);
    }
}
