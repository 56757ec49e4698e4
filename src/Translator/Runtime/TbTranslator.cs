using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Pages;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Guest;
using Tcg.Mttcg.Translator.Host;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Passes;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>
/// One vCPU's translator: guest bytes to a linked TB, by sequence (a) of the design: protect, note versions, read, translate, link; again if a
/// store came between.
/// </summary>
public sealed class TbTranslator(
    Cpu cpu, IBackEnd backEnd, TbCache cache, ICodeCoherence coherence, ExecutorOptions options, ExecutorCounters counters)
{
    private readonly IrBlock _block = new();
    private readonly BlockLifter _lifter = new(cpu.Model.Instructions);
    private readonly CodeFetch _fetch = new(cpu, coherence);
    private readonly PassPipeline _passes = new();
    private CodeRegion? _region;
    private TbIds _ids;

    /// <summary>
    /// The TB at the context's PC, translated now. Null: fetching faults; the exception is pending. <paramref name="runOnce"/>: it is not linked
    /// and must be given to <see cref="Discard"/> after its one run.
    /// </summary>
    public TranslationBlock? Translate(TbContext context, out bool runOnce)
    {
        runOnce = (context.CompileFlags & TbCompileFlags.Uncached) != 0;
        for (var stale = 0; ; stale++)
        {
            if (stale > options.StaleRetries)
            {
                runOnce = true;
                context = context with { CompileFlags = TbCompileFlags.Uncached | TbCompileFlags.NoChain | (TbCompileFlags)1 };
                counters.UncachedRuns++;
            }
            if (!_fetch.Begin(new GuestVirtual(context.Pc))) return null;
            // Nothing that others jump to begins at a breakpoint.
            runOnce |= !_fetch.IsRam || ((context.CompileFlags & TbCompileFlags.NoChain) == 0 && cpu.Points.IsBreakpoint(context.Pc));
            if (runOnce) context = context with { CompileFlags = context.CompileFlags & ~TbCompileFlags.CountMask | TbCompileFlags.Uncached | TbCompileFlags.NoChain | (TbCompileFlags)1 };

            if (Emit(context) is not { } block) return null;
            if (runOnce) return block;
            switch (coherence.Link(block, _fetch.Versions, out var existing))
            {
                case LinkOutcome.Linked:
                    // What it was made from is compared only where it checks itself.
                    if (block.Checks.Length == 0) block.Source = [];
                    return block;
                case LinkOutcome.Existing:
                    counters.ExistingLinks++;
                    Discard(block);
                    return existing;
                default:
                    counters.StaleLinks++;
                    Discard(block);
                    break;
            }
        }
    }

    /// <summary>Gives back the code and the descriptor of the newest block, which nobody else knows.</summary>
    public void Discard(TranslationBlock block)
    {
        block.TryKill();
        block.Region?.RemoveLast(block);
        cache.Descriptors.Release(block);
    }

    private TranslationBlock? Emit(TbContext context)
    {
        var instructions = options.MaxInstructions;
        while (true)
        {
            var points = cpu.Points;
            if (_lifter.Lift(_block, context, _fetch, instructions, options.SideExits, points) == LiftOutcome.FetchFault)
            {
                cpu.RaiseFetchFault(_fetch.SecondPage);
                return null;
            }
            // One that is compiled for a single pass is guarded like any other: it must not end before it has made progress.
            var checks = context.CompileFlags == TbCompileFlags.None ? _fetch.Checks(_block.GuestBytes) : [];
            if (checks.Length > 0 && CheckCuts.Keep(_block, checks) is var keep && keep < _block.GuestInstructions)
            {
                instructions = keep;
                continue;
            }
            options.Log?.Lifted(cpu.Ports.Index, _block, _fetch.Bytes(_block.GuestBytes));
            _passes.Run(_block);
            options.Log?.Optimised(cpu.Ports.Index, _block);

            var block = cache.Descriptors.Allocate(new TbKey(_fetch.PhysicalPc, context), ref _ids);
            block.Points = points;
            block.GuestBytes = _block.GuestBytes;
            block.GuestInstructions = _block.GuestInstructions;
            block.Page1 = (context.Pc & ~PageSize.Mask) + (ulong)_block.GuestBytes > PageSize.Bytes ? _fetch.SecondRamPage : RamPage.None;
            block.Source = _fetch.Bytes(_block.GuestBytes);
            block.Checks = checks;
            if (TryEmit(block))
            {
                counters.Translations++;
                counters.TranslatedInstructions += block.GuestInstructions;
                counters.GuestBytesTranslated += block.GuestBytes;
                counters.HostBytesEmitted += block.CodeBytes;
                options.Log?.Emitted(backEnd, block);
                return block;
            }
            cache.Descriptors.Release(block);
            instructions = Math.Max(1, _block.GuestInstructions / 2);
        }
    }

    // False: the block is too large for a region.
    private bool TryEmit(TranslationBlock block)
    {
        if (backEnd.NeedsRegion) _region ??= coherence.NextRegion(null);
        while (true)
        {
            switch (backEnd.Emit(_block, block, _region))
            {
                case EmitResult.Emitted:
                    block.Region?.Append(block);
                    return true;
                case EmitResult.BlockTooLarge:
                    return false;
                default:
                    _region = coherence.NextRegion(_region);
                    break;
            }
        }
    }
}
