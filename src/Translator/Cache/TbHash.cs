using System.Numerics;

namespace Tcg.Mttcg.Translator.Cache;

/// <summary>
/// All linked TBs by key. Readers take no lock; there is one writer, the owner of code coherence. A reader that walks past a node being
/// removed still reaches the rest of the chain.
/// </summary>
public sealed class TbHash
{
    private const int InitialBuckets = 1 << 12;
    private const int MaxLoad = 2;

    private Node?[] _buckets = new Node?[InitialBuckets];

    public int Count { get; private set; }

    public TranslationBlock? Find(in TbKey key)
    {
        var hash = Hash(key);
        var buckets = Volatile.Read(ref _buckets);
        for (var node = Volatile.Read(ref buckets[hash & (uint)(buckets.Length - 1)]); node is not null; node = Volatile.Read(ref node.Next))
        {
            if (node.Hash == hash && node.Block.Key == key) return node.Block;
        }
        return null;
    }

    /// <summary>Adds the block, or returns the one that has its key already. Writer only.</summary>
    public TranslationBlock? TryAdd(TranslationBlock block)
    {
        if (Find(block.Key) is { } existing) return existing;
        if (Count >= _buckets.Length * MaxLoad) Grow();
        Insert(_buckets, block, Hash(block.Key));
        Count++;
        return null;
    }

    /// <summary>Writer only.</summary>
    public bool Remove(TranslationBlock block)
    {
        ref var link = ref _buckets[Hash(block.Key) & (uint)(_buckets.Length - 1)];
        while (link is { } node)
        {
            if (node.Block == block)
            {
                Volatile.Write(ref link, node.Next);
                Count--;
                return true;
            }
            link = ref node.Next;
        }
        return false;
    }

    private void Grow()
    {
        var larger = new Node?[_buckets.Length * 4];
        foreach (var head in _buckets)
        {
            for (var node = head; node is not null; node = node.Next) Insert(larger, node.Block, node.Hash);
        }
        Volatile.Write(ref _buckets, larger);
    }

    private static void Insert(Node?[] buckets, TranslationBlock block, uint hash)
    {
        ref var head = ref buckets[hash & (uint)(buckets.Length - 1)];
        Volatile.Write(ref head, new Node(block, hash, head));
    }

    private static uint Hash(in TbKey key)
    {
        var mixed = key.PhysicalPc.Value * 0x9e3779b97f4a7c15 ^ key.Context.Pc * 0xc2b2ae3d27d4eb4f
            ^ ((ulong)key.Context.Flags << 32 | (uint)key.Context.CompileFlags) * 0x165667b19e3779f9;
        return (uint)(BitOperations.RotateLeft(mixed, 29) * 0x9e3779b97f4a7c15 >> 32);
    }

    private sealed class Node(TranslationBlock block, uint hash, Node? next)
    {
        public readonly TranslationBlock Block = block;
        public readonly uint Hash = hash;
        public Node? Next = next;
    }
}
