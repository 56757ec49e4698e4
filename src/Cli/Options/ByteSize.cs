using System.Globalization;

namespace Tcg.Mttcg.Cli.Options;

/// <summary>Sizes as QEMU writes them: a number with an optional K, M, G or T (powers of 1024).</summary>
public static class ByteSize
{
    private const string Units = "BKMGT";

    /// <param name="unit">What a bare number counts: 'B', 'K', 'M', 'G' or 'T'.</param>
    /// <exception cref="UsageException">Not a size, or beyond 64 bits.</exception>
    public static ulong Parse(string option, string text, char unit)
    {
        var digits = text.AsSpan().Trim();
        if (digits.Length > 1 && Units.Contains(char.ToUpperInvariant(digits[^1])))
        {
            unit = char.ToUpperInvariant(digits[^1]);
            digits = digits[..^1];
        }
        if (!decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            throw new UsageException($"{option}: '{text}' is not a size (a number with K, M, G or T)");
        for (var i = Units.IndexOf(unit); i > 0; i--)
        {
            if (number > decimal.MaxValue / 1024) throw new UsageException($"{option}: '{text}' is too large");
            number *= 1024;
        }
        if (number > ulong.MaxValue) throw new UsageException($"{option}: '{text}' is too large");
        return (ulong)number;
    }

    public static string Format(ulong bytes)
    {
        var unit = 0;
        while (unit < Units.Length - 1 && bytes >= 1024 && bytes % 1024 == 0)
        {
            bytes /= 1024;
            unit++;
        }
        return unit == 0 ? $"{bytes} bytes" : $"{bytes}{Units[unit]}";
    }
}
