namespace Tcg.Mttcg.Cli.Demo;

/// <summary>For pipes and files: rows in their order, no control characters.</summary>
internal sealed class PlainScreen(TextWriter writer) : IDemoScreen
{
    private readonly SortedDictionary<int, string> _rows = [];
    private readonly List<string> _checks = [];

    public void Arrived(int cpu, int total) => writer.WriteLine($"hello from vCPU {cpu}");

    public void Row(int cpu, int index, string text) => _rows[index] = text;

    public void Check(string name, long failures) => _checks.Add(CheckLine.Of(name, failures));

    public void Other(string line) => writer.WriteLine(line);

    public void Finish()
    {
        writer.WriteLine();
        foreach (var row in _rows.Values) writer.WriteLine("  " + row.TrimEnd());
        writer.WriteLine();
        foreach (var check in _checks) writer.WriteLine(check);
    }
}

/// <summary>What each of the guest's checks means.</summary>
internal static class CheckLine
{
    private static readonly Dictionary<string, string> Meaning = new()
    {
        ["spinlock"] = "increments under a contended spin lock",
        ["atomic"] = "atomic increments",
        ["patched-code"] = "code patched by one vCPU, run by the others",
        ["remapped-page"] = "page remapped, TLBs shot down by interrupt",
    };

    public static string Of(string name, long failures) =>
        $"  {(failures == 0 ? "ok  " : "FAIL")}  {Meaning.GetValueOrDefault(name, name)}{(failures == 0 ? "" : $": {failures} wrong")}";
}
