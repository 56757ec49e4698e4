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
        new(Mnemonic.Xsave,      at => Extended(at, HelperId.Xsave, wide: 0, XsaveVariant.Plain)),
        new(Mnemonic.Xsave64,    at => Extended(at, HelperId.Xsave, wide: 1, XsaveVariant.Plain)),
        new(Mnemonic.Xsaveopt,   at => Extended(at, HelperId.Xsave, wide: 0, XsaveVariant.Optimised)),
        new(Mnemonic.Xsaveopt64, at => Extended(at, HelperId.Xsave, wide: 1, XsaveVariant.Optimised)),
        new(Mnemonic.Xsavec,     at => Extended(at, HelperId.Xsave, wide: 0, XsaveVariant.Compacted)),
        new(Mnemonic.Xsavec64,   at => Extended(at, HelperId.Xsave, wide: 1, XsaveVariant.Compacted)),
        new(Mnemonic.Xsaves,     at => Extended(at, HelperId.Xsave, wide: 0, XsaveVariant.Supervisor)),
        new(Mnemonic.Xsaves64,   at => Extended(at, HelperId.Xsave, wide: 1, XsaveVariant.Supervisor)),
        new(Mnemonic.Xrstor,     at => Extended(at, HelperId.Xrstor, wide: 0, XsaveVariant.Plain)),
        new(Mnemonic.Xrstor64,   at => Extended(at, HelperId.Xrstor, wide: 1, XsaveVariant.Plain)),
        new(Mnemonic.Xrstors,    at => Extended(at, HelperId.Xrstor, wide: 0, XsaveVariant.Supervisor)),
        new(Mnemonic.Xrstors64,  at => Extended(at, HelperId.Xrstor, wide: 1, XsaveVariant.Supervisor)),
        new(Mnemonic.Ldmxcsr,    LoadMxCsr),
        new(Mnemonic.Stmxcsr,    StoreMxCsr),
        new(Mnemonic.Vldmxcsr,   LoadMxCsr),
        new(Mnemonic.Vstmxcsr,   StoreMxCsr),
    ];

    private static void Fx(Lifting at, HelperId helper, uint wide)
    {
        if (at.Has(TbFlags.Emulate | TbFlags.TaskSwitched)) at.RaiseAndEnd(Vector.DeviceNotAvailable, null);
        else at.Invoke(helper, at.LinearAddress(FxBytes, write: helper == HelperId.FxSave), at.Constant(wide));
        if (helper == HelperId.FxRstor && !at.Ended) at.ExitLookup();
    }

    private static void Extended(Lifting at, HelperId helper, uint wide, XsaveVariant variant)
    {
        at.Invoke(helper, at.LinearAddress(XsaveBytes, write: helper == HelperId.Xsave), at.Constant(wide), at.Constant((uint)variant));
        if (helper == HelperId.Xrstor) at.ExitLookup();
    }

    private static void LoadMxCsr(Lifting at)
    {
        if (!Simd.Available(at)) return;
        var raises = at.Call(HelperId.LdMxCsr, at.ZeroExtend(at.LoadMemory(OpSize.B32), OpSize.B32));
        var same = at.NewLabel();
        at.BranchIfZero(raises, OpSize.B64, same);
        at.ExitLookup();
        at.ContinueAt(same);
    }

    private static void StoreMxCsr(Lifting at)
    {
        if (!Simd.Available(at)) return;
        var memory = at.Memory(4, write: true);
        at.Store(memory, OpSize.B32, at.Call(HelperId.StMxCsr));
    }
}
