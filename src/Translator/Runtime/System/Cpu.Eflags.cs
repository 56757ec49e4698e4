using System.Numerics;


namespace Tcg.Mttcg.Translator.Runtime;

public sealed unsafe partial class Cpu
{
    /// <summary>EFLAGS as one word. The state keeps the arithmetic flags apart, as LAHF and SETO leave them, so that a TB's exit costs two instructions.</summary>
    public uint Eflags
    {
        get => (State->SystemFlags & ~Eflag.Arithmetic)
            | (State->FlagsLow & (Eflag.Arithmetic & 0xff))
            | ((State->FlagOverflow & 1u) << 11)
            | Eflag.Fixed;
        set
        {
            State->FlagsLow = (byte)((value & (Eflag.Arithmetic & 0xff)) | Eflag.Fixed);
            State->FlagOverflow = (byte)((value >> 11) & 1);
            State->SystemFlags = (value & (Eflag.Known & ~Eflag.Arithmetic)) | Eflag.Fixed;
        }
    }

    public int Iopl => (int)(State->SystemFlags & Eflag.IoplMask) >> Eflag.IoplShift;

    public bool InterruptsEnabled => (State->SystemFlags & Eflag.If) != 0;

    internal bool ZeroFlag
    {
        set => State->FlagsLow = (byte)(value ? State->FlagsLow | Eflag.Zf : State->FlagsLow & ~Eflag.Zf);
    }

    internal bool CarryFlag
    {
        set => State->FlagsLow = (byte)(value ? State->FlagsLow | Eflag.Cf : State->FlagsLow & ~Eflag.Cf);
    }

    /// <summary>EFLAGS becomes <paramref name="value"/> in the bits of <paramref name="mask"/>.</summary>
    internal void SetEflags(uint value, uint mask) => Eflags = (Eflags & ~mask) | (value & mask);

    /// <summary>The arithmetic flags of left - right at a size in bytes.</summary>
    internal void SetCompareFlags(ulong left, ulong right, int bytes)
    {
        var shift = 64 - bytes * 8;
        left <<= shift;
        right <<= shift;
        var difference = left - right;
        var low = (byte)(difference >> shift);
        var flags = left < right ? Eflag.Cf : 0;
        if ((BitOperations.PopCount(low) & 1) == 0) flags |= Eflag.Pf;
        flags |= (uint)((left ^ right ^ difference) >> shift) & Eflag.Af;
        if (difference == 0) flags |= Eflag.Zf;
        if ((long)difference < 0) flags |= Eflag.Sf;
        if ((long)((left ^ right) & (left ^ difference)) < 0) flags |= Eflag.Of;
        SetEflags(flags, Eflag.Arithmetic);
    }
}
