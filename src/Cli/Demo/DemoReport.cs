using System.Globalization;

namespace Tcg.Mttcg.Cli.Demo;

/// <summary>What the demo guest said on its serial port, line by line.</summary>
internal sealed class DemoReport(int cpus, IDemoScreen screen)
{
    private readonly HashSet<int> _arrived = [];
    private readonly int[] _rowsByCpu = new int[cpus];
    private readonly List<(string Name, long Failures)> _checks = [];

    public int Arrived => _arrived.Count;
    public IReadOnlyList<int> RowsByCpu => _rowsByCpu;
    public int Rows => _rowsByCpu.Sum();
    public IReadOnlyList<(string Name, long Failures)> Checks => _checks;

    /// <summary>The guest's own verdict arrived.</summary>
    public bool Finished { get; private set; }

    /// <summary>One line; what is not the guest's language (there should be nothing) is shown as it is.</summary>
    public void Line(string line)
    {
        var words = line.Split(' ', 4);
        if (words is ["hello", var cpu] && IsCpu(cpu, out var number))
        {
            if (_arrived.Add(number)) screen.Arrived(number, _arrived.Count);
        }
        else if (words is ["row", var drawer, var row, var text] && IsCpu(drawer, out number) && Number(row, out var index))
        {
            _rowsByCpu[number]++;
            screen.Row(number, (int)index, text);
        }
        else if (words is ["check", var name, var failures] && Number(failures, out var count))
        {
            _checks.Add((name, count));
            screen.Check(name, count);
        }
        else if (words is ["done", _])
        {
            Finished = true;
        }
        else if (line.Length > 0)
        {
            screen.Other(line);
        }
    }

    private bool IsCpu(string text, out int cpu)
    {
        var valid = Number(text, out var number) && number < cpus;
        cpu = valid ? (int)number : 0;
        return valid;
    }

    private static bool Number(string text, out long number) =>
        long.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
}

/// <summary>How the demo is shown.</summary>
internal interface IDemoScreen
{
    void Arrived(int cpu, int total);

    void Row(int cpu, int index, string text);

    void Check(string name, long failures);

    void Other(string line);

    /// <summary>The guest is done: whatever was held back is shown.</summary>
    void Finish();
}
