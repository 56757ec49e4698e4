using System.Globalization;
using System.Text.Json;

namespace Tcg.Mttcg.Cli.Load;

/// <summary>What a user sees of a load test: a line that changes on a terminal, a table at the end, and JSON for programs.</summary>
internal sealed class LoadView(TextWriter writer, bool live)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private readonly Lock _lock = new();
    private long _next;
    private int _length;

    public void Progress(string profile, string what, double done)
    {
        lock (_lock)
        {
            if (!live || Environment.TickCount64 < _next) return;
            _next = Environment.TickCount64 + 100;
            var text = string.Create(CultureInfo.InvariantCulture, $"  {profile}  {done,4:p0}  {what}");
            if (text.Length > 100) text = text[..100];
            writer.Write('\r' + text.PadRight(_length));
            writer.Flush();
            _length = text.Length;
        }
    }

    public void Table(LoadProfile profile, LoadContext context)
    {
        lock (_lock)
        {
            if (_length > 0) writer.Write('\r' + new string(' ', _length) + '\r');
            _length = 0;
            writer.WriteLine($"{profile.Name}: {profile.Meaning}");
            foreach (var measure in context.Measures)
                writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {measure.Name,-36} {Number(measure.Value),14} {measure.Unit}"));
            foreach (var failure in context.Failures) writer.WriteLine($"  FAILED: {failure}");
            if (context.Failures.Count == 0) writer.WriteLine("  ok");
            writer.WriteLine();
        }
    }

    public static string Json(IEnumerable<(LoadProfile Profile, LoadContext Context)> results) => JsonSerializer.Serialize(
        results.Select(result => new
        {
            profile = result.Profile.Name,
            scale = result.Context.Scale,
            passed = result.Context.Failures.Count == 0,
            measures = result.Context.Measures.Select(measure => new { name = measure.Name, value = measure.Value, unit = measure.Unit }),
            failures = result.Context.Failures,
        }), Indented);

    private static string Number(double value) => value.ToString(Math.Abs(value) >= 100 || value == Math.Floor(value) ? "n0" : "n2", CultureInfo.InvariantCulture);
}
