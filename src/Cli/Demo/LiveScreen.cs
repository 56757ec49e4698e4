using Tcg.Mttcg.Guests.Demo;

namespace Tcg.Mttcg.Cli.Demo;

/// <summary>For a terminal: the picture grows in place, each row in the colour of the vCPU that drew it.</summary>
internal sealed class LiveScreen : IDemoScreen
{
    private const string Escape = "\e[";
    private static readonly int[] Colours = [39, 208, 118, 199, 226, 51, 141, 203, 48, 215, 75, 156, 219, 228, 87, 177];

    private readonly TextWriter _writer;
    private readonly List<string> _checks = [];

    public LiveScreen(TextWriter writer)
    {
        _writer = writer;
        // A line for arrivals, an empty one, and room for the picture; the cursor rests below it.
        _writer.Write(new string('\n', DemoGuest.Rows + 2));
        _writer.Flush();
    }

    public void Arrived(int cpu, int total) => At(DemoGuest.Rows + 2, 2 + cpu % 16 * 4 + (cpu / 16 == 0 ? 6 : 0), $"{Colour(cpu)}{cpu,3}{Reset}");

    public void Row(int cpu, int index, string text) => At(DemoGuest.Rows - index, 2, Colour(cpu) + text + Reset);

    public void Check(string name, long failures) => _checks.Add(CheckLine.Of(name, failures));

    public void Other(string line) => _checks.Add(line);

    public void Finish()
    {
        At(DemoGuest.Rows + 2, 2, "vCPUs");
        _writer.WriteLine();
        foreach (var check in _checks) _writer.WriteLine(check.Replace("ok  ", $"{Escape}32mok  {Reset}").Replace("FAIL", $"{Escape}31mFAIL{Reset}"));
        _writer.Flush();
    }

    public static string Colour(int cpu) => $"{Escape}38;5;{Colours[cpu % Colours.Length]}m";

    public static string Reset => Escape + "0m";

    private void At(int linesUp, int column, string text)
    {
        _writer.Write($"{Escape}{linesUp}A{Escape}{column + 1}G{text}{Escape}{linesUp}B{Escape}1G");
        _writer.Flush();
    }
}
