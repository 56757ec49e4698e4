using Iced.Intel;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>Which arithmetic flags nobody promises after some instructions, so that none of them is read or compared.</summary>
internal sealed class FlagTracker(uint undefined = 0)
{
    public uint Undefined { get; private set; } = undefined;

    public bool ReadsUndefined(in Instruction instruction) => (Exclusions.Mask(instruction.RflagsRead) & Undefined) != 0;

    public void Note(in Instruction instruction)
    {
        // A count of zero leaves the flags as they were, defined or not.
        if (!Counts(instruction.Mnemonic)) Undefined &= ~Exclusions.Mask(instruction.RflagsModified);
        Undefined |= Exclusions.UndefinedFlags(instruction);
    }

    private static bool Counts(Mnemonic mnemonic) => mnemonic is Mnemonic.Shl or Mnemonic.Sal or Mnemonic.Shr or Mnemonic.Sar or Mnemonic.Rol or Mnemonic.Ror
        or Mnemonic.Rcl or Mnemonic.Rcr or Mnemonic.Shld or Mnemonic.Shrd;
}
