using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>
/// Finds the TB for the current processor state: jump cache by linear address, then the hash by physical address. Keeps the jump cache that
/// translated code reads in step with its own.
/// </summary>
public sealed unsafe class TbFinder(Cpu cpu, TbCache cache, ExecutorCounters counters)
{
    private readonly TranslationBlock?[] _jumpCache = new TranslationBlock?[1 << CpuLayout.JumpCacheShift];
    private int _flushes = -1;

    /// <summary>Null: not translated, or the second page is another one now.</summary>
    public TranslationBlock? FindByJumpCache(in TbContext context)
    {
        FollowFlushes();
        var block = _jumpCache[Slot(context.Pc)];
        if (block is null || block.Key.Context != context || block.IsDead) return null;
        counters.DispatchJumpCacheHits++;
        return block;
    }

    public TranslationBlock? FindByHash(in TbContext context, RamOffset physicalPc)
    {
        var block = cache.Hash.Find(new TbKey(physicalPc, context));
        if (block is null || block.IsDead || !SecondPageStillMatches(block)) return null;
        counters.HashHits++;
        return block;
    }

    public void Remember(TranslationBlock block)
    {
        FollowFlushes();
        var context = block.Key.Context;
        var slot = Slot(context.Pc);
        _jumpCache[slot] = block;
        if (context.CompileFlags != TbCompileFlags.None || (context.Flags & TbFlags.CsBaseZero) == 0 || block.Entry == 0) return;
        var entry = (JumpCacheEntry*)((byte*)cpu.State + CpuLayout.JumpCacheOffset) + slot;
        entry->Pc = context.Pc;
        entry->Flags = (uint)context.Flags;
        entry->Entry = block.Entry;
    }

    private bool SecondPageStillMatches(TranslationBlock block)
    {
        if (block.Page1.IsNone) return true;
        var second = new GuestVirtual((block.Key.Context.Pc & PageSize.Mask) + PageSize.Bytes);
        return cpu.TryResolveCode(second, raise: false, out var page) && page.Offset.Page == block.Page1;
    }

    // Mappings change under the TLB's flushes only; a linear address may mean another page after one.
    private void FollowFlushes()
    {
        if (_flushes == cpu.JumpCacheFlushes) return;
        _flushes = cpu.JumpCacheFlushes;
        Array.Clear(_jumpCache);
    }

    private static int Slot(ulong pc) => CpuLayout.JumpCacheSlot(pc) >> JumpCacheEntry.SizeShift;
}
