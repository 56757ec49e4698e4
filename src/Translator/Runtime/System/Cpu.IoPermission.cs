namespace Tcg.Mttcg.Translator.Runtime;

public sealed unsafe partial class Cpu
{
    /// <summary>The instruction may use the port, and no breakpoint asks to run it alone.</summary>
    internal bool TryPort(ushort port, int bytes) => TryAllowPort(port, bytes) && TryWatchedPort(port, bytes);

    /// <summary>IN, OUT, INS and OUTS: IOPL, then the I/O permission bitmap of the TSS (SDM 1 19.5). False: #GP(0).</summary>
    internal bool TryAllowPort(ushort port, int bytes)
    {
        if (!IsProtected || (Cpl <= Iopl && !IsVirtual8086)) return true;
        // Only 32- and 64-bit TSSs have a bitmap; both keep its offset in the same place.
        if ((State->Tr.Attributes & 8) == 0 || State->Tr.Limit < Tss.MinLimit) return Fail(ExceptionVector.GeneralProtection, 0);
        if (!TryReadSystem(State->Tr.Base + Tss.IoMapBase, 2, out var map)) return false;
        // Two bytes are read, always: a port run may straddle them.
        var at = (uint)map + port / 8u;
        if (at + 1 > State->Tr.Limit) return Fail(ExceptionVector.GeneralProtection, 0);
        if (!TryReadSystem(State->Tr.Base + at, 2, out var bits)) return false;
        var wanted = (1u << bytes) - 1;
        return ((uint)bits >> (port & 7) & wanted) == 0 || Fail(ExceptionVector.GeneralProtection, 0);
    }
}
