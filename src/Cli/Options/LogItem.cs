using Tcg.Mttcg.Translator.Diagnostics;

namespace Tcg.Mttcg.Cli.Options;

/// <summary>The items of <c>-d</c>.</summary>
public static class LogItem
{
    public static IReadOnlyDictionary<string, LogItems> Flags { get; } = new Dictionary<string, LogItems>
    {
        ["in_asm"] = LogItems.InAsm, ["op"] = LogItems.Op, ["op_opt"] = LogItems.OpOpt, ["out_asm"] = LogItems.OutAsm, ["int"] = LogItems.Int,
        ["exec"] = LogItems.Exec, ["cpu"] = LogItems.Cpu,
    };

    /// <exception cref="UsageException"/>
    public static IReadOnlyList<string> Parse(string? text)
    {
        if (string.IsNullOrEmpty(text)) return [];
        var items = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var item in items)
        {
            if (!Flags.ContainsKey(item)) throw new UsageException($"-d {item}: no such log item ({string.Join(", ", Flags.Keys)})");
        }
        return items;
    }
}
