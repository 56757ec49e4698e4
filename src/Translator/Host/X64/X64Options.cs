namespace Tcg.Mttcg.Translator.Host.X64;

/// <summary>What the back end may add to translated code. All off: nothing is counted on hot paths.</summary>
/// <param name="CountInstructions">Each TB adds its guest instructions to CpuState.InstructionCount when it is entered.</param>
/// <param name="CountJumps">Chained jumps and jump-cache hits are counted in CpuState.</param>
/// <param name="PerfMap">Told of each block; null: nobody is.</param>
public sealed record X64Options(bool CountInstructions = false, bool CountJumps = false, X64PerfMap? PerfMap = null)
{
    public static readonly X64Options Default = new();
}
