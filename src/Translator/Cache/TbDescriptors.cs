using System.Collections.Concurrent;

namespace Tcg.Mttcg.Translator.Cache;

/// <summary>
/// TB descriptors by id: what a word returned by translated code is resolved with. Any vCPU allocates; ids come back when a block can no longer
/// be running anywhere.
/// </summary>
public sealed class TbDescriptors
{
    // Neither kind of array is a large object: those bring on full garbage collections.
    private const int ChunkShift = 13;
    private const int Chunks = 1 << 13;
    private const int BatchIds = 64;

    private readonly TranslationBlock?[]?[] _chunks = new TranslationBlock?[]?[Chunks];
    private readonly ConcurrentStack<int> _free = new();
    private int _next;

    /// <param name="batch">Of the vCPU that translates.</param>
    public TranslationBlock Allocate(in TbKey key, ref TbIds batch)
    {
        if (_free.IsEmpty || !_free.TryPop(out var id)) id = Next(ref batch);
        var chunk = Chunk(id >> ChunkShift);
        var block = new TranslationBlock(id, key);
        Volatile.Write(ref chunk[id & ((1 << ChunkShift) - 1)], block);
        return block;
    }

    /// <summary>The block of an id that translated code returned just now.</summary>
    public TranslationBlock this[int id] =>
        _chunks[id >> ChunkShift]?[id & ((1 << ChunkShift) - 1)] ?? throw new InvalidOperationException($"TB {id} has no descriptor");

    /// <summary>The block's id may be reused. No vCPU may be able to return it any more.</summary>
    public void Release(TranslationBlock block)
    {
        Volatile.Write(ref Chunk(block.Id >> ChunkShift)[block.Id & ((1 << ChunkShift) - 1)], null);
        _free.Push(block.Id);
    }

    private int Next(ref TbIds batch)
    {
        if (batch.Next == batch.End)
        {
            var end = Interlocked.Add(ref _next, BatchIds);
            if (end > Chunks << ChunkShift) throw new InvalidOperationException("out of TB descriptors");
            (batch.Next, batch.End) = (end - BatchIds, end);
        }
        return batch.Next++;
    }

    private TranslationBlock?[] Chunk(int index)
    {
        var chunk = Volatile.Read(ref _chunks[index]);
        if (chunk is not null) return chunk;
        var fresh = new TranslationBlock?[1 << ChunkShift];
        return Interlocked.CompareExchange(ref _chunks[index], fresh, null) ?? fresh;
    }
}

/// <summary>Fresh ids that one vCPU took together, so that it does not write between the descriptors of others. One vCPU's.</summary>
public struct TbIds
{
    internal int Next, End;
}
