namespace Tcg.Mttcg.Translator.Cache;

/// <summary>
/// A part of the code buffer that one vCPU fills at a time. The same bytes are seen through two mappings: written through
/// <see cref="Writable"/>, executed through <see cref="Executable"/>; no page is both.
/// </summary>
public sealed unsafe class CodeRegion(int index, byte* writable, byte* executable, int bytes, int highWater)
{
    public int Index { get; } = index;
    public byte* Writable { get; } = writable;
    public byte* Executable { get; } = executable;
    public int Bytes { get; } = bytes;

    /// <summary>No TB is begun past this offset, so that the largest single operation always fits behind it (QEMU's code_gen_highwater).</summary>
    public int HighWater { get; } = highWater;

    /// <summary>The next free byte (QEMU's code_gen_ptr). Only the vCPU that owns the region moves it.</summary>
    public int Used { get; set; }

    /// <summary>The TBs whose code is here, in order of address; for finding a TB by host address and for retirement. Appended by the owner only.</summary>
    public List<TranslationBlock> Blocks { get; } = [];
}
