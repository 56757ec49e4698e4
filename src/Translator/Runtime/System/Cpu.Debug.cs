namespace Tcg.Mttcg.Translator.Runtime;

public sealed unsafe partial class Cpu
{
    /// <summary>EFLAGS.TF: each instruction is followed by #DB. Translated blocks are then one instruction long.</summary>
    public bool SingleStepping => (State->SystemFlags & Eflag.Tf) != 0;

    // SYSCALL alone is stepped by TF as IA32_FMASK leaves it: no #DB on the kernel's first instruction.
    private bool _stepMasked;

    // SDM 3B 18.2: DR4 and DR5 are DR6 and DR7 unless CR4.DE; DR7.GD makes every access a #DB fault.
    internal bool TryReadDebug(int number, out ulong value)
    {
        value = 0;
        if (!TryDebugIndex(ref number)) return false;
        value = State->Dr[number];
        return true;
    }

    internal bool TryWriteDebug(int number, ulong value)
    {
        if (!TryDebugIndex(ref number)) return false;
        if (number >= 6 && value >> 32 != 0) return Fail(ExceptionVector.GeneralProtection, 0);
        State->Dr[number] = number switch
        {
            6 => (value & ~(1UL << 12)) | Dr.Dr6Fixed,
            7 => (value & 0xffff23ff) | Dr.Dr7Fixed,
            _ => value,
        };
        // This instruction completes, and RF is clear after it.
        State->SystemFlags &= ~Eflag.Rf;
        RefreshBreakpoints();
        return true;
    }

    private bool TryDebugIndex(ref int number)
    {
        if (number is 4 or 5)
        {
            if ((State->Cr4 & Cr4.De) != 0) return Fail(ExceptionVector.InvalidOpcode);
            number += 2;
        }
        if (number > 7) return Fail(ExceptionVector.InvalidOpcode);
        if ((State->Dr[7] & Dr.Dr7GeneralDetect) == 0) return true;
        State->Dr[6] |= Dr.Dr6Detect;
        return Fail(ExceptionVector.Debug);
    }
}
