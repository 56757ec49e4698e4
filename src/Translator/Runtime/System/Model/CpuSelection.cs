namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>
/// What <c>-cpu</c> says: a model and changes to it, <c>model,+feature,-feature,feature=on|off</c>. A feature brings what it needs, and takes with it what
/// needs it.
/// </summary>
/// <param name="Wanted">Features asked for by name.</param>
/// <param name="Refused">Features switched off by name.</param>
public sealed record CpuSelection(CpuModelRow Model, CpuFeatureSet Wanted, CpuFeatureSet Refused)
{
    /// <exception cref="ArgumentException">Unknown words, with the nearest known ones; or changes that contradict each other.</exception>
    public static CpuSelection Parse(string text)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        var model = CpuModels.Find(parts[0])
            ?? throw new ArgumentException($"no such processor model '{parts[0]}'{Nearest.Hint(parts[0], CpuModels.Rows.Select(row => row.Name))}; 'help' lists them");
        CpuFeatureSet wanted = default, refused = default;
        foreach (var part in parts.Skip(1))
        {
            var (feature, on) = Change(part);
            if (on) wanted = wanted.With(feature);
            else refused = refused.With(feature);
        }
        var selection = new CpuSelection(model, wanted, refused);
        if ((CpuDependencies.Close(wanted) & refused) is { Count: > 0 } both)
            throw new ArgumentException($"processor feature {CpuFeatures.Names(both)} cannot be off: {Because(wanted, both)}");
        return selection;
    }

    /// <param name="missing">What the host or the back end cannot do.</param>
    /// <exception cref="ArgumentException">The model, or what was asked for by name, needs something of that.</exception>
    public CpuFeatureSet Resolve(CpuFeatureSet missing)
    {
        var impossible = missing | CpuFeatures.All.Without(CpuFeatures.Implemented);
        var needed = CpuDependencies.Close(Wanted);
        if ((needed & impossible) is { Count: > 0 } lacking)
            throw new ArgumentException($"processor feature {CpuFeatures.Names(lacking)} cannot be had here: {Why(lacking, missing)}");
        var features = CpuDependencies.Without(Model.Features | needed, Refused);
        if (!Model.Fits && (features & impossible) is { Count: > 0 } beyond)
            throw new ArgumentException($"processor model {Model.Name} needs {CpuFeatures.Names(beyond)}: {Why(beyond, missing)}");
        return CpuDependencies.Without(features, impossible);
    }

    private static (CpuFeature Feature, bool On) Change(string part)
    {
        if (part.Length == 0) throw new ArgumentException("a processor feature is empty between two commas");
        if (part[0] is '+' or '-') return (Known(part[1..]), part[0] == '+');
        var (name, value) = part.IndexOf('=') is >= 0 and var at ? (part[..at], part[(at + 1)..]) : (part, "on");
        return value switch
        {
            "on" or "yes" or "true" => (Known(name), true),
            "off" or "no" or "false" => (Known(name), false),
            _ => throw new ArgumentException($"{name}={value}: 'on' or 'off' is wanted"),
        };
    }

    private static CpuFeature Known(string name) => CpuFeatures.TryFind(name, out var feature)
        ? feature
        : throw new ArgumentException($"no such processor feature '{name}'{Nearest.Hint(name, CpuFeatures.Rows.Select(row => row.Name))}; 'help' lists them");

    private static string Because(CpuFeatureSet wanted, CpuFeatureSet both)
    {
        if ((wanted & both).Count > 0) return "it is asked for too";
        var who = wanted.Features.Where(feature => (CpuDependencies.Close(new CpuFeatureSet().With(feature)) & both).Count > 0);
        return $"{CpuFeatures.Names(new CpuFeatureSet().With([.. who]))} needs it";
    }

    private static string Why(CpuFeatureSet lacking, CpuFeatureSet missing) =>
        (lacking & CpuFeatures.Implemented).Count == 0 ? "not implemented"
        : (lacking & missing).Count > 0 ? "this host, or the chosen back end, cannot run it"
        : "not implemented";
}
