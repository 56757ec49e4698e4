using Tcg.Mttcg.Translator.Host.X64;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Cli.Help;

/// <summary><c>-cpu help</c>.</summary>
internal static class CpuHelp
{
    private const int Columns = 80;

    public static void Write(TextWriter to)
    {
        to.WriteLine("Processor models:");
        foreach (var row in CpuModels.Rows) to.WriteLine($"  {row.Name,-10} {row.Description}");
        to.WriteLine();
        to.WriteLine("Features, to be changed by ,+feature or ,-feature or ,feature=on|off:");
        WriteNames(to, CpuFeatures.Implemented.Without(HostFeatures.Missing));
        if ((CpuFeatures.Implemented & HostFeatures.Missing) is { Count: > 0 } lacking)
        {
            to.WriteLine();
            to.WriteLine("Features that this host cannot give translated code:");
            WriteNames(to, lacking);
        }
    }

    private static void WriteNames(TextWriter to, CpuFeatureSet features)
    {
        var line = " ";
        foreach (var name in CpuFeatures.Names(features).Split(", "))
        {
            if (line.Length + 1 + name.Length > Columns)
            {
                to.WriteLine(line);
                line = " ";
            }
            line += " " + name;
        }
        to.WriteLine(line);
    }
}
