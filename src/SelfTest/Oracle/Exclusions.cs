using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>What the host processor cannot be asked: privileged instructions, far transfers, and those whose answer depends on more than registers.</summary>
internal static class Exclusions
{
    private static readonly HashSet<Mnemonic> Mnemonics =
    [
        Mnemonic.Cpuid, Mnemonic.Rdtsc, Mnemonic.Rdtscp, Mnemonic.Rdpmc, Mnemonic.Rdrand, Mnemonic.Rdseed, Mnemonic.Rdpid, Mnemonic.Xgetbv, Mnemonic.Syscall,
        Mnemonic.Sysenter, Mnemonic.In, Mnemonic.Out, Mnemonic.Insb, Mnemonic.Insw, Mnemonic.Insd, Mnemonic.Outsb, Mnemonic.Outsw, Mnemonic.Outsd,
        Mnemonic.Cli, Mnemonic.Sti,
        Mnemonic.Sgdt, Mnemonic.Sidt, Mnemonic.Sldt, Mnemonic.Str, Mnemonic.Smsw, Mnemonic.Lar, Mnemonic.Lsl, Mnemonic.Verr, Mnemonic.Verw,
        Mnemonic.Monitor, Mnemonic.Mwait, Mnemonic.Lds, Mnemonic.Les, Mnemonic.Lfs, Mnemonic.Lgs, Mnemonic.Lss, Mnemonic.Rdfsbase, Mnemonic.Rdgsbase, Mnemonic.Wrfsbase,
        Mnemonic.Wrgsbase, Mnemonic.Xsave, Mnemonic.Xsaveopt, Mnemonic.Xrstor,
        Mnemonic.Xsavec, Mnemonic.Xsaves, Mnemonic.Xrstors, Mnemonic.Xsave64, Mnemonic.Xrstor64, Mnemonic.Xsavec64, Mnemonic.Xsaves64, Mnemonic.Xrstors64,
        Mnemonic.Xsaveopt64,
        Mnemonic.Swapgs, Mnemonic.Int1, Mnemonic.Int3, Mnemonic.Int, Mnemonic.Hlt, Mnemonic.Ud0, Mnemonic.Ud1, Mnemonic.Ud2,
        Mnemonic.Reservednop, Mnemonic.Rsm, Mnemonic.Bound, Mnemonic.Serialize, Mnemonic.Rdpkru, Mnemonic.Wrpkru,
    ];

    public static bool Has(OpCodeInfo info) =>
        Mnemonics.Contains(info.Mnemonic) || info.IsPrivileged || (info.Code.FlowControl() != FlowControl.Next && !NearBranches.Has(info));

    /// <summary>Why, in two words.</summary>
    public static string Reason(OpCodeInfo info) =>
        info.IsPrivileged ? "privileged" : info.Code.FlowControl() != FlowControl.Next ? "transfers control" : "asks the system";

    /// <summary>The flags nobody promises, for masking comparisons.</summary>
    public static uint UndefinedFlags(in Instruction instruction) =>
        Mask(instruction.RflagsUndefined) | (RotatesThroughCarry(instruction) ? (uint)ArithmeticFlags.OF : 0);

    // By more than one bit, also where that leads back to the same value, as 17 of 16 bits do: Iced takes those for no rotation.
    private static bool RotatesThroughCarry(in Instruction instruction) =>
        instruction.Mnemonic is Mnemonic.Rcl or Mnemonic.Rcr && instruction.Op1Kind == OpKind.Immediate8 && (instruction.Immediate8 & 0x1f) > 1;

    /// <summary>Iced's arithmetic flags as EFLAGS bits.</summary>
    public static uint Mask(RflagsBits flags)
    {
        uint mask = 0;
        if ((flags & RflagsBits.CF) != 0) mask |= (uint)ArithmeticFlags.CF;
        if ((flags & RflagsBits.PF) != 0) mask |= (uint)ArithmeticFlags.PF;
        if ((flags & RflagsBits.AF) != 0) mask |= (uint)ArithmeticFlags.AF;
        if ((flags & RflagsBits.ZF) != 0) mask |= (uint)ArithmeticFlags.ZF;
        if ((flags & RflagsBits.SF) != 0) mask |= (uint)ArithmeticFlags.SF;
        if ((flags & RflagsBits.OF) != 0) mask |= (uint)ArithmeticFlags.OF;
        return mask;
    }
}
