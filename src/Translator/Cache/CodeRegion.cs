namespace Tcg.Mttcg.Translator.Cache;

/// <summary>
/// A part of the code buffer that one vCPU fills at a time. The same bytes are seen through two mappings: written through
/// <see cref="Writable"/>, executed through <see cref="Executable"/>; no page is both.
/// </summary>
public sealed unsafe class CodeRegion(int index, byte* writable, byte* executable, int bytes, int highWater)
{
    private TranslationBlock[] _blocks = new TranslationBlock[64];
    private int _count;

    public int Index { get; } = index;
    public byte* Writable { get; } = writable;
    public byte* Executable { get; } = executable;
    public int Bytes { get; } = bytes;

    /// <summary>No TB is begun past this offset, so that the largest single operation always fits behind it (QEMU's code_gen_highwater).</summary>
    public int HighWater { get; } = highWater;

    /// <summary>The next free byte (QEMU's code_gen_ptr). Only the vCPU that owns the region moves it.</summary>
    public int Used { get; set; }

    /// <summary>The TBs whose code is here, in order of address. Any thread may read it; the array only grows until the region is reused.</summary>
    public ReadOnlySpan<TranslationBlock> Blocks
    {
        get
        {
            var count = Volatile.Read(ref _count);
            return Volatile.Read(ref _blocks).AsSpan(0, count);
        }
    }

    /// <summary>Owner only; blocks come in order of address.</summary>
    public void Append(TranslationBlock block)
    {
        if (_count == _blocks.Length)
        {
            var larger = new TranslationBlock[_count * 2];
            _blocks.CopyTo(larger, 0);
            Volatile.Write(ref _blocks, larger);
        }
        _blocks[_count] = block;
        Volatile.Write(ref _count, _count + 1);
    }

    /// <summary>Takes back the newest block and its code: it lost the race to be linked, or ran once. Owner only.</summary>
    public void RemoveLast(TranslationBlock block)
    {
        if (_count == 0 || _blocks[_count - 1] != block) throw new InvalidOperationException("not the region's newest block");
        Volatile.Write(ref _count, _count - 1);
        Used = block.CodeOffset;
    }

    /// <summary>Empties the region for reuse. No vCPU may be executing or about to execute any of its code.</summary>
    public void Reset()
    {
        Volatile.Write(ref _count, 0);
        _blocks = new TranslationBlock[64];
        Used = 0;
    }

    /// <summary>The block whose code holds this executable address; null: none.</summary>
    public TranslationBlock? Find(nuint address)
    {
        var offset = (long)(address - (nuint)Executable);
        var blocks = Blocks;
        int low = 0, high = blocks.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            var block = blocks[middle];
            if (offset < block.CodeOffset) high = middle - 1;
            else if (offset >= block.CodeOffset + block.CodeBytes) low = middle + 1;
            else return block;
        }
        return null;
    }
}
