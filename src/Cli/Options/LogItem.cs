namespace Tcg.Mttcg.Cli.Options;

/// <summary>The items of <c>-d</c>.</summary>
public static class LogItem
{
    private static readonly string[] Known = ["in_asm", "op", "op_opt", "out_asm", "int", "exec", "cpu"];

    /// <exception cref="UsageException"/>
    public static IReadOnlyList<string> Parse(string? text)
    {
        if (string.IsNullOrEmpty(text)) return [];
        var items = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var item in items)
        {
            if (!Known.Contains(item)) throw new UsageException($"-d {item}: no such log item ({string.Join(", ", Known)})");
        }
        return items;
    }
}
