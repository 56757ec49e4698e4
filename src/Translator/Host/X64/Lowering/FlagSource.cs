namespace Tcg.Mttcg.Translator.Host.X64.Lowering;

/// <summary>How the current guest flags can be had once more without a saved copy: by repeating the operation that set them.</summary>
/// <param name="Setter">The operation; -1: it cannot be repeated.</param>
/// <param name="Carry">For INC and DEC, which keep CF: the operation that set CF, or <see cref="CarryInState"/>.</param>
internal readonly record struct FlagSource(int Setter, int Carry)
{
    public const int NoCarry = -1, CarryInState = -2;

    public static readonly FlagSource None = new(-1, NoCarry);

    public bool IsKnown => Setter >= 0;
}
