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
        var raised = RaisesSimd;
        State->MxCsr = value;
        State->HostMxCsr = value | MxCsr.Masks;
        if (RaisesSimd != raised) InvalidateContext();
        return true;
    }

    /// <summary>Some exception is unmasked: code that may raise it is translated otherwise (<see cref="TbFlags.SimdExceptions"/>).</summary>
    internal bool RaisesSimd => (State->MxCsr & MxCsr.Masks) != MxCsr.Masks;
}
