using System.Numerics;
using System.Runtime.InteropServices;

namespace Tcg.Mttcg.Translator.Cache;

/// <summary>
/// All linked TBs by key. Readers take no lock; there is one writer, the owner of code coherence. A reader that walks past a node being
/// removed still reaches the rest of the chain.
/// <para>Chains hang from segments that are small: one array of all would be a large object, and each growth a full garbage collection.</para>
/// </summary>
public sealed class TbHash
{
    private const int SegmentShift = 12;
    private const int SegmentBuckets = 1 << SegmentShift;
    private const int MaxLoad = 2, Growth = 4;

    private Node?[][] _segments = NewTable(1);
    private WriterState _writer;

    public int Count => _writer.Count;

    public TranslationBlock? Find(in TbKey key)
    {
        var hash = Hash(key);
        for (var node = Volatile.Read(ref Bucket(Volatile.Read(ref _segments), hash)); node is not null; node = Volatile.Read(ref node.Next))
        {
            if (node.Hash == hash && node.Block.Key == key) return node.Block;
        }
        return null;
    }

    /// <summary>Writer only; no block with this key may be there.</summary>
    public void Add(TranslationBlock block)
    {
        if (Count >= _segments.Length * SegmentBuckets * MaxLoad) Grow();
        Insert(_segments, block, Hash(block.Key));
        _writer.Count++;
    }

    /// <summary>Writer only.</summary>
    public bool Remove(TranslationBlock block)
    {
        ref var link = ref Bucket(_segments, Hash(block.Key));
        while (link is { } node)
        {
            if (node.Block == block)
            {
                Volatile.Write(ref link, node.Next);
                _writer.Count--;
                return true;
            }
            link = ref node.Next;
        }
        return false;
    }

    // Readers stay in the old table's chains, which are left as they are.
    private void Grow()
    {
        var larger = NewTable(_segments.Length * Growth);
        foreach (var segment in _segments)
        {
            foreach (var head in segment)
            {
                for (var node = head; node is not null; node = node.Next) Insert(larger, node.Block, node.Hash);
            }
        }
        Volatile.Write(ref _segments, larger);
    }

    private static Node?[][] NewTable(int segments) => [.. Enumerable.Range(0, segments).Select(_ => new Node?[SegmentBuckets])];

    private static ref Node? Bucket(Node?[][] segments, uint hash) =>
        ref segments[(hash >> SegmentShift) & (uint)(segments.Length - 1)][hash & (SegmentBuckets - 1)];

    private static void Insert(Node?[][] segments, TranslationBlock block, uint hash)
    {
        ref var head = ref Bucket(segments, hash);
        Volatile.Write(ref head, new Node(block, hash, head));
    }

    private static uint Hash(in TbKey key)
    {
        var mixed = key.PhysicalPc.Value * 0x9e3779b97f4a7c15 ^ key.Context.Pc * 0xc2b2ae3d27d4eb4f
            ^ ((ulong)key.Context.Flags << 32 | (uint)key.Context.CompileFlags) * 0x165667b19e3779f9;
        return (uint)(BitOperations.RotateLeft(mixed, 29) * 0x9e3779b97f4a7c15 >> 32);
    }

    // Away from what readers read.
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct WriterState
    {
        [FieldOffset(64)] public int Count;
    }

    private sealed class Node(TranslationBlock block, uint hash, Node? next)
    {
        public readonly TranslationBlock Block = block;
        public readonly uint Hash = hash;
        public Node? Next = next;
    }
}
