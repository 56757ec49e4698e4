using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>Saving and restoring floating-point and vector state; MXCSR.</summary>
internal static class SaveAreas
{
    private const int FxBytes = 512, XsaveBytes = FxBytes + 64;

    public static readonly LiftRow[] Rows =
    [
        new(Mnemonic.Fxsave,     at => Fx(at, HelperId.FxSave,  wide: 0)),
        new(Mnemonic.Fxsave64,   at => Fx(at, HelperId.FxSave,  wide: 1)),
        new(Mnemonic.Fxrstor,    at => Fx(at, HelperId.FxRstor, wide: 0)),
        new(Mnemonic.Fxrstor64,  at => Fx(at, HelperId.FxRstor, wide: 1)),
        new(Mnemonic.Xsave,      at => Extended(at, HelperId.Xsave, wide: 0, variant: 0)),
        new(Mnemonic.Xsave64,    at => Extended(at, HelperId.Xsave, wide: 1, variant: 0)),
        new(Mnemonic.Xsaveopt,   at => Extended(at, HelperId.Xsave, wide: 0, variant: 1)),
        new(Mnemonic.Xsaveopt64, at => Extended(at, HelperId.Xsave, wide: 1, variant: 1)),
        new(Mnemonic.Xsavec,     at => Extended(at, HelperId.Xsave, wide: 0, variant: 2)),
        new(Mnemonic.Xsavec64,   at => Extended(at, HelperId.Xsave, wide: 1, variant: 2)),
        new(Mnemonic.Xrstor,     at => Extended(at, HelperId.Xrstor, wide: 0, variant: 0)),
        new(Mnemonic.Xrstor64,   at => Extended(at, HelperId.Xrstor, wide: 1, variant: 0)),
        new(Mnemonic.Ldmxcsr,    LoadMxCsr),
        new(Mnemonic.Stmxcsr,    StoreMxCsr),
        new(Mnemonic.Vldmxcsr,   LoadMxCsr),
        new(Mnemonic.Vstmxcsr,   StoreMxCsr),
    ];

    private static void Fx(Lifting at, HelperId helper, uint wide)
    {
        if (at.Has(TbFlags.Emulate | TbFlags.TaskSwitched)) at.RaiseAndEnd(Vector.DeviceNotAvailable, null);
        else at.Invoke(helper, at.LinearAddress(FxBytes, write: helper == HelperId.FxSave), at.Constant(wide));
    }

    private static void Extended(Lifting at, HelperId helper, uint wide, uint variant)
    {
        if (at.Has(TbFlags.TaskSwitched)) at.RaiseAndEnd(Vector.DeviceNotAvailable, null);
        else at.Invoke(helper, at.LinearAddress(XsaveBytes, write: helper == HelperId.Xsave), at.Constant(wide), at.Constant(variant));
    }

    private static void LoadMxCsr(Lifting at)
    {
        if (Simd.Available(at)) at.Invoke(HelperId.LdMxCsr, at.ZeroExtend(at.LoadMemory(OpSize.B32), OpSize.B32));
    }

    private static void StoreMxCsr(Lifting at)
    {
        if (!Simd.Available(at)) return;
        var memory = at.Memory(4, write: true);
        at.Store(memory, OpSize.B32, at.Call(HelperId.StMxCsr));
    }
}
