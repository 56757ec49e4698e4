using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host;

public enum EmitResult : byte
{
    Emitted,
    /// <summary>The region's highwater was passed: take the next region and emit again.</summary>
    RegionFull,
    /// <summary>The block cannot fit even an empty region: translate half as many guest instructions.</summary>
    BlockTooLarge,
}

/// <summary>
/// Turns IR into something that runs, and runs it. One instance a vCPU; used by its thread only.
/// </summary>
public interface IBackEnd : IDisposable
{
    /// <summary>False: the back end keeps IR and never asks for a region.</summary>
    bool NeedsRegion { get; }

    /// <summary>
    /// Lowers <paramref name="block"/> at <c>region.Used</c> and fills in the TB's code fields, jump slots and unwind data. Advances
    /// <c>region.Used</c> only when it returns <see cref="EmitResult.Emitted"/>.
    /// </summary>
    EmitResult Emit(IrBlock block, TranslationBlock tb, CodeRegion? region);

    /// <summary>A block's host code as text, for logs; null: there is none.</summary>
    string? Listing(TranslationBlock tb) => null;

    /// <summary>Runs from <paramref name="tb"/> through chained TBs until something needs the dispatcher. Guest state is exact on return.</summary>
    TbExit Execute(Cpu cpu, TranslationBlock tb);
}
