using System.Globalization;

namespace Akka.Configuration.Hocon;

/// <summary>Durations and byte sizes as HOCON spells them; exactly the spellings that Akka.NET accepts.</summary>
internal static class HoconUnits
{
    private static readonly (double Ticks, string[] Names)[] Durations =
    [
        (TimeSpan.TicksPerMillisecond / 1e6, ["nanoseconds", "nanosecond", "nanos", "nano", "ns"]),
        (TimeSpan.TicksPerMillisecond / 1e3, ["microseconds", "microsecond", "micros", "micro"]),
        (TimeSpan.TicksPerMillisecond,       ["milliseconds", "millisecond", "millis", "milli", "ms", ""]),
        (TimeSpan.TicksPerSecond,            ["seconds", "second", "s"]),
        (TimeSpan.TicksPerMinute,            ["minutes", "minute", "m"]),
        (TimeSpan.TicksPerHour,              ["hours", "hour", "h"]),
        (TimeSpan.TicksPerDay,               ["days", "day", "d"]),
    ];

    private static readonly (long Factor, string[] Names)[] Sizes =
    [
        (1,                         ["b", "B", "byte", "bytes", ""]),
        (1000L,                     ["kB", "kilobyte", "kilobytes"]),
        (1L << 10,                  ["K", "k", "Ki", "KiB", "kibibyte", "kibibytes"]),
        (1000L * 1000,              ["MB", "megabyte", "megabytes"]),
        (1L << 20,                  ["M", "m", "Mi", "MiB", "mebibyte", "mebibytes"]),
        (1000L * 1000 * 1000,       ["GB", "gigabyte", "gigabytes"]),
        (1L << 30,                  ["G", "g", "Gi", "GiB", "gibibyte", "gibibytes"]),
        (1000L * 1000 * 1000 * 1000, ["TB", "terabyte", "terabytes"]),
        (1L << 40,                  ["T", "t", "Ti", "TiB", "tebibyte", "tebibytes"]),
    ];

    public static TimeSpan Duration(string text, bool allowInfinite)
    {
        if (allowInfinite && text.Equals("infinite", StringComparison.OrdinalIgnoreCase)) return Timeout.InfiniteTimeSpan;
        var (number, unit) = Split(text);
        var amount = double.Parse(number, NumberFormatInfo.InvariantInfo);
        if (amount < 0) throw new FormatException($"Expected a positive value instead of {amount}");
        foreach (var (ticks, names) in Durations)
            if (names.Contains(unit)) return TimeSpan.FromTicks((long)Math.Round(ticks * amount));
        throw new FormatException($"'{unit}' is not a unit of time");
    }

    public static long Size(string text)
    {
        var (number, unit) = Split(text);
        foreach (var (factor, names) in Sizes)
            if (names.Contains(unit)) return checked(factor * long.Parse(number, NumberFormatInfo.InvariantInfo));
        throw new FormatException($"{unit} is not a valid byte size suffix");
    }

    private static (string Number, string Unit) Split(string text)
    {
        var last = text.AsSpan().LastIndexOfAnyInRange('0', '9');
        return (text[..(last + 1)], text[(last + 1)..].Trim());
    }
}
