using System.Diagnostics;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Passes;

/// <summary>One pass: rewrites the block in place, keeping what the guest can see.</summary>
public sealed record PassRow(string Name, Action<IrBlock, PassScratch> Run);

/// <summary>Hears of each pass, for timing and dumps.</summary>
public interface IPassObserver
{
    /// <param name="elapsed">In ticks of <see cref="Stopwatch"/>.</param>
    void PassRan(PassRow pass, IrBlock block, long elapsed);
}

/// <summary>The optimiser on one page: all passes in order, each verified in debug builds. One instance a vCPU; it keeps the scratch memory.</summary>
public sealed class PassPipeline
{
    /// <summary>Copies first: they make constants and dead temporaries. Dead flags before dead code: an operation whose flags nobody wants may be dead as a whole.</summary>
    public static IReadOnlyList<PassRow> Default { get; } =
    [
        new("copy_propagation", CopyPropagation.Run),
        new("dead_flags",       DeadFlags.Run),
        new("dead_code",        DeadCode.Run),
    ];

    private readonly PassScratch _scratch = new();
    private readonly PassRow[] _passes;

    public PassPipeline(IEnumerable<PassRow>? passes = null) => _passes = (passes ?? Default).ToArray();

    public IPassObserver? Observer { get; set; }

    public void Run(IrBlock block)
    {
        IrVerifier.Assert(block, "lift");
        foreach (var pass in _passes)
        {
            var began = Observer is null ? 0 : Stopwatch.GetTimestamp();
            pass.Run(block, _scratch);
            Observer?.PassRan(pass, block, Stopwatch.GetTimestamp() - began);
            IrVerifier.Assert(block, pass.Name);
        }
    }
}
