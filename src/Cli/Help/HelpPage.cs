using System.CommandLine;

namespace Tcg.Mttcg.Cli.Help;

/// <summary>A command that says more about itself than its options do.</summary>
/// <param name="usage">What follows the command's name on the usage line.</param>
internal sealed class DocumentedCommand(string name, string summary, string usage) : Command(name, summary)
{
    public string Usage { get; } = usage;

    /// <summary>Its options in the order a reader wants them, under headings.</summary>
    public IReadOnlyList<OptionGroup> Groups { get; init; } = [];

    /// <summary>Blocks of text at the end; a line that begins with a space is kept as it is.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

/// <summary>Options under one heading.</summary>
internal sealed record OptionGroup(string Title, IReadOnlyList<Option> Options);
