using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>Processor identification, counters, MSRs, caches and TLBs, waiting.</summary>
internal static class SystemOps
{
    private const LiftRules PrivilegedEnd = LiftRules.Cpl0 | LiftRules.EndsBlock;

    public static readonly LiftRow[] Rows =
    [
        new(Mnemonic.Cpuid,    at => at.Invoke(HelperId.Cpuid), LiftRules.EndsBlock),
        new(Mnemonic.Rdtsc,    at => at.Invoke(HelperId.Rdtsc), LiftRules.TimeStamp),
        new(Mnemonic.Rdtscp,   at => at.Invoke(HelperId.Rdtscp), LiftRules.TimeStamp),
        new(Mnemonic.Rdpmc,    at => at.Invoke(HelperId.Rdpmc)),
        new(Mnemonic.Rdmsr,    at => at.Invoke(HelperId.Rdmsr), LiftRules.Cpl0),
        new(Mnemonic.Wrmsr,    at => at.Invoke(HelperId.Wrmsr), PrivilegedEnd),
        new(Mnemonic.Rdrand,   at => Random(at, HelperId.Rdrand)),
        new(Mnemonic.Rdseed,   at => Random(at, HelperId.Rdseed)),
        new(Mnemonic.Rdpid,    at => at.WriteRegister(at.RegisterOf(0), at.SizeOf(0), at.Call(HelperId.Rdpid))),
        new(Mnemonic.Xgetbv,   at => at.Invoke(HelperId.Xgetbv)),
        new(Mnemonic.Xsetbv,   at => at.Invoke(HelperId.Xsetbv), PrivilegedEnd),
        new(Mnemonic.Rdpkru,   at => at.Invoke(HelperId.Rdpkru)),
        new(Mnemonic.Wrpkru,   at => at.Invoke(HelperId.Wrpkru)),
        new(Mnemonic.Swapgs,   at => at.Invoke(HelperId.SwapGs), LiftRules.Cpl0),
        new(Mnemonic.Clts,     at => at.Invoke(HelperId.Clts), PrivilegedEnd),
        new(Mnemonic.Invd,     at => at.Invoke(HelperId.Wbinvd), PrivilegedEnd),
        new(Mnemonic.Wbinvd,   at => at.Invoke(HelperId.Wbinvd), PrivilegedEnd),
        new(Mnemonic.Wbnoinvd, at => at.Invoke(HelperId.Wbinvd), PrivilegedEnd),
        new(Mnemonic.Serialize, at => at.Block.Append(IrOp.Fence).Aux = 0, LiftRules.EndsBlock),
        new(Mnemonic.Invlpg,   InvalidatePage, PrivilegedEnd),
        new(Mnemonic.Invpcid,  InvalidateContext, PrivilegedEnd),
        new(Mnemonic.Hlt,      Halt, LiftRules.Cpl0),
        new(Mnemonic.Monitor,  Monitor),
        new(Mnemonic.Mwait,    MonitorWait),
    ];

    private static void Random(Lifting at, HelperId helper)
    {
        var size = at.SizeOf(0);
        at.WriteRegister(at.RegisterOf(0), size, at.Call(helper, at.Constant((uint)Lifting.BytesOf(size))));
    }

    // INVLPG has no segment faults.
    private static void InvalidatePage(Lifting at) =>
        at.Invoke(HelperId.Invlpg, at.LinearAddress(at.Block.Address(at.MemoryOperand())));

    private static void InvalidateContext(Lifting at)
    {
        var size = at.SizeOf(0);
        var kind = at.ZeroExtend(at.Read(0, size), size);
        at.Invoke(HelperId.Invpcid, at.LinearAddress(16, write: false), kind);
    }

    private static void Halt(Lifting at)
    {
        at.Invoke(HelperId.Hlt);
        at.Exit(TbExitReason.Halt, at.Constant(at.NextRip));
    }

    // Above CPL 0 MONITOR and MWAIT do not exist.
    private static void MonitorWait(Lifting at)
    {
        if (at.Context.Cpl != 0)
        {
            at.RaiseUndefined();
            return;
        }
        var changed = at.Call(HelperId.Mwait);
        var rests = at.NewLabel();
        at.BranchIfZero(changed, OpSize.B32, rests);
        at.ExitLookup();
        at.ContinueAt(rests);
        at.Exit(TbExitReason.Wait, at.Constant(at.NextRip));
    }

    private static void Monitor(Lifting at)
    {
        if (at.Context.Cpl != 0)
        {
            at.RaiseUndefined();
            return;
        }
        var address = new IrAddress
        {
            Base = Lifting.Rax,
            AddressSize = at.Instruction.Code switch { Code.Monitorw => OpSize.B16, Code.Monitord => OpSize.B32, _ => OpSize.B64 },
            Segment = at.Flatten(Register.DS),
            Linear32 = !at.Is64,
        };
        at.Invoke(HelperId.Monitor, at.LinearAddress(at.At(address, 1, write: false)));
    }
}
