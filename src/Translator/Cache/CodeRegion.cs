using Tcg.Mttcg.Memory.Host;

namespace Tcg.Mttcg.Translator.Cache;

/// <summary>
/// A part of the code buffer that one vCPU fills at a time. The same bytes are seen through two mappings: written through
/// <see cref="Writable"/>, executed through <see cref="Executable"/>; no page is both.
/// </summary>
public sealed unsafe class CodeRegion(int index, byte* writable, byte* executable, int bytes, int highWater)
{
    private const int PopulateBytes = 128 << 10;

    private int _populated;

    public int Index { get; } = index;
    public byte* Writable { get; } = writable;
    public byte* Executable { get; } = executable;
    public int Bytes { get; } = bytes;

    /// <summary>No TB is begun past this offset, so that the largest single operation always fits behind it (QEMU's code_gen_highwater).</summary>
    public int HighWater { get; } = highWater;

    /// <summary>The next free byte (QEMU's code_gen_ptr). Only the vCPU that owns the region moves it.</summary>
    public int Used { get; set; }

    /// <summary>Has the host put memory behind the next TB's bytes in both views, some pages at a time. Owner only.</summary>
    public void Populate()
    {
        var needed = Math.Min(Bytes, Used + (Bytes - HighWater));
        if (needed <= _populated) return;
        var more = Math.Min(Bytes - _populated, PopulateBytes);
        HostMapping.Populate(Writable + _populated, more, forWrites: true);
        HostMapping.Populate(Executable + _populated, more, forWrites: false);
        _populated += more;
    }

    /// <summary>The TBs whose code is here, in order of address. Any thread may read it; it only grows until the region is reused.</summary>
    public BlockList Blocks { get; } = new();

    /// <summary>Owner only; blocks come in order of address.</summary>
    public void Append(TranslationBlock block) => Blocks.Add(block);

    /// <summary>Takes back the newest block and its code: it lost the race to be linked, or ran once. Owner only.</summary>
    public void RemoveLast(TranslationBlock block)
    {
        if (Blocks.Count == 0 || Blocks[^1] != block) throw new InvalidOperationException("not the region's newest block");
        Blocks.RemoveLast();
        Used = block.CodeOffset;
    }

    /// <summary>Empties the region for reuse. No vCPU may be executing or about to execute any of its code.</summary>
    public void Reset()
    {
        Blocks.Clear();
        Used = 0;
    }

    /// <summary>The block whose code holds this executable address; null: none.</summary>
    public TranslationBlock? Find(nuint address)
    {
        var offset = (long)(address - (nuint)Executable);
        int low = 0, high = Blocks.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >> 1;
            var block = Blocks[middle];
            if (offset < block.CodeOffset) high = middle - 1;
            else if (offset >= block.CodeOffset + block.CodeBytes) low = middle + 1;
            else return block;
        }
        return null;
    }
}
