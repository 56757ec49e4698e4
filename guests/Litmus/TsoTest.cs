using System.Globalization;

namespace Tcg.Mttcg.Guests.Litmus;

/// <summary>What one thread of a <see cref="TsoTest"/> does in one step.</summary>
public enum TsoStep { Store, Load, Fence, Locked }

/// <param name="Variable">x is 0, y is 1.</param>
public readonly record struct TsoAction(TsoStep Step, int Variable, int Value);

/// <summary>A load's result, by thread and order in it, or (Thread -1) the last value of a variable.</summary>
public readonly record struct TsoTerm(int Thread, int Index, int Value);

/// <summary>
/// A memory-model test in the field's shorthand: <c>Wx1</c> stores 1 to x, <c>Rx</c> loads it, <c>F</c> is MFENCE, <c>L</c> an unrelated locked
/// instruction. The outcome names loads in order of threads (<c>0.0=1</c>: first load of thread 0 gave 1) and last values (<c>x=1</c>).
/// </summary>
public sealed class TsoTest
{
    public TsoTest(string name, string[] threads, string outcome, bool allowed)
    {
        Name = name;
        Threads = [.. threads.Select(thread => thread.Split(' ').Select(Step).ToArray())];
        Outcome = [.. outcome.Split(' ').Select(Term)];
        Allowed = allowed;
        Text = $"{string.Join(" | ", threads)}: {outcome}";
    }

    public string Name { get; }
    public string Text { get; }
    public TsoAction[][] Threads { get; }
    public TsoTerm[] Outcome { get; }

    /// <summary>x86 allows the outcome (SDM 3A 9.2.3), and a processor with store buffers shows it; else it must never be seen.</summary>
    public bool Allowed { get; }

    private static TsoAction Step(string text) => text[0] switch
    {
        'W' => new(TsoStep.Store, Variable(text[1]), text[2] - '0'),
        'R' => new(TsoStep.Load, Variable(text[1]), 0),
        'F' => new(TsoStep.Fence, 0, 0),
        'L' => new(TsoStep.Locked, 0, 0),
        _ => throw new ArgumentException($"no such step: {text}", nameof(text)),
    };

    private static TsoTerm Term(string text)
    {
        var value = int.Parse(text[(text.IndexOf('=') + 1)..], CultureInfo.InvariantCulture);
        return text[1] == '=' ? new(-1, Variable(text[0]), value) : new(text[0] - '0', text[2] - '0', value);
    }

    private static int Variable(char name) => name - 'x';
}
