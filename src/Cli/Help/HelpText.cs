using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Tcg.Mttcg.Cli.Help;

/// <summary>Renders <c>--help</c> in 80 columns: usage, options by group, notes.</summary>
internal sealed class HelpText(TextWriter writer)
{
    public const int Width = 80;
    private const int Indent = 2;
    private const string HelpLabel = "-h, --help", HelpMeaning = "Show this text";

    private int _column;

    /// <summary>The action of the help option.</summary>
    public sealed class Action : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parsed)
        {
            new HelpText(parsed.InvocationConfiguration.Output).Write(parsed.CommandResult.Command);
            return ExitCode.PoweredOff;
        }
    }

    public void Write(Command command)
    {
        var documented = command as DocumentedCommand;
        var usage = documented?.Usage ?? (command.Subcommands.Count > 0 ? "COMMAND [OPTIONS]" : string.Concat(command.Arguments.Select(a => $"[{Name(a)}] ")) + "[OPTIONS]");
        _column = Indent + 2 + Labels(command).Max(label => label.Length);
        writer.WriteLine($"Usage: {Path(command)} {usage}");
        writer.WriteLine();
        Paragraph(command.Description ?? "", 0);
        Section("Commands", command.Subcommands.Select(sub => (sub.Name, sub.Description ?? "")));
        Section("Arguments", command.Arguments.Select(argument => (Name(argument), argument.Description ?? "")));
        var groups = documented?.Groups ?? [];
        foreach (var group in groups) Section(group.Title, group.Options.Select(Row));
        var grouped = groups.SelectMany(group => group.Options).ToHashSet();
        var rest = command.Options.Where(option => !grouped.Contains(option) && !option.Hidden).Select(Row);
        if (command is not RootCommand) rest = rest.Append((HelpLabel, HelpMeaning));
        Section(groups.Count > 0 ? "Other" : "Options", rest);
        foreach (var note in documented?.Notes ?? []) Note(note);
    }

    private static IEnumerable<string> Labels(Command command) =>
    [
        HelpLabel, .. command.Subcommands.Select(sub => sub.Name), .. command.Arguments.Select(Name), .. command.Options.Select(option => Row(option).Label),
    ];

    private static string Name(Argument argument) => (argument.HelpName ?? argument.Name).ToUpperInvariant();

    private static string Path(Symbol command)
    {
        var names = new Stack<string>();
        for (Symbol? symbol = command; symbol is not null; symbol = symbol.Parents.FirstOrDefault()) names.Push(symbol is RootCommand ? "mttcg" : symbol.Name);
        return string.Join(' ', names);
    }

    private static (string Label, string Text) Row(Option option)
    {
        if (option is HelpOption) return (HelpLabel, HelpMeaning);
        var names = string.Join(", ", option.Aliases.Prepend(option.Name).OrderBy(name => name.Length));
        var label = option.ValueType == typeof(bool) ? names : $"{names} {option.HelpName}";
        var text = option.Description ?? "";
        if (option.HasDefaultValue && option.GetDefaultValue()?.ToString() is { Length: > 0 } value && option.ValueType is { IsArray: false } type && type != typeof(bool))
            text += $" [default: {value}]";
        return (label, text);
    }

    private void Section(string title, IEnumerable<(string Label, string Text)> rows)
    {
        var all = rows.ToArray();
        if (all.Length == 0) return;
        writer.WriteLine();
        writer.WriteLine($"{title}:");
        foreach (var (label, text) in all)
        {
            writer.Write((new string(' ', Indent) + label).PadRight(_column));
            Paragraph(text, _column);
        }
    }

    private void Note(string note)
    {
        writer.WriteLine();
        foreach (var line in note.Split('\n'))
        {
            if (line.StartsWith(' ')) writer.WriteLine(line);
            else Paragraph(line, 0);
        }
    }

    // The cursor stands in the column already.
    private void Paragraph(string text, int column)
    {
        var at = column;
        foreach (var word in text.Split(' '))
        {
            if (at > column && at + 1 + word.Length > Width)
            {
                writer.WriteLine();
                writer.Write(new string(' ', column));
                at = column;
            }
            else if (at > column)
            {
                writer.Write(' ');
                at++;
            }
            writer.Write(word);
            at += word.Length;
        }
        writer.WriteLine();
    }
}
