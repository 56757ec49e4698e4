using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Passes;

/// <summary>Memory that passes work in, kept from block to block so that they allocate nothing. What a span holds at first is unspecified.</summary>
public sealed class PassScratch
{
    private ArithmeticFlags[] _labelFlags = new ArithmeticFlags[64];
    private int[] _counts = new int[256];
    private KnownValue[] _known = new KnownValue[256];
    private bool[] _dead = new bool[1024];

    internal Span<ArithmeticFlags> LabelFlags(int labels) => Grown(ref _labelFlags, labels);

    internal Span<int> TempCounts(int temps) => Grown(ref _counts, temps);

    internal Span<KnownValue> Known(int temps) => Grown(ref _known, temps);

    internal Span<bool> Dead(int operations) => Grown(ref _dead, operations);

    private static Span<T> Grown<T>(ref T[] array, int count)
    {
        if (array.Length < count) array = new T[Math.Max(count, array.Length * 2)];
        return array.AsSpan(0, count);
    }
}
