namespace Tcg.Mttcg.Translator.Runtime;

public sealed unsafe partial class Cpu
{
    private const uint MxCsrFlags = 0x3f;

    /// <summary>MXCSR as the guest sees it: its own control bits, and the exception flags that the host's copy has collected.</summary>
    public uint CurrentMxCsr => (State->MxCsr & ~MxCsrFlags) | ((State->MxCsr | State->HostMxCsr) & MxCsrFlags);

    /// <summary>LDMXCSR and restores. False: a reserved bit is set, #GP(0).</summary>
    internal bool TryLoadMxCsr(uint value)
    {
        if ((value & ~MxCsr.Writable) != 0) return Fail(ExceptionVector.GeneralProtection, 0);
        State->MxCsr = value;
        State->HostMxCsr = value | MxCsr.Masks;
        return true;
    }
}
