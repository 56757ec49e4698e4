using Tcg.Mttcg.Actors.Coherence;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Pages;
using Tcg.Mttcg.Translator.Cache;

namespace Tcg.Mttcg.Actors.Tests.Coherence;

/// <summary>Faults that a test puts into the protocol on purpose, to see the model find them.</summary>
[Flags]
public enum Mutations
{
    None = 0,
    /// <summary>The page is protected after its bytes were read, before they are linked: QEMU's order.</summary>
    ReadBeforeProtect = 1,
    NoVersionCheck = 2,
    NoWritersCheck = 4,
    /// <summary>Linking publishes the new TB's bytes instead of old|new.</summary>
    BitmapNotOred = 8,
    /// <summary>Protecting does not wait for the vCPUs that run.</summary>
    NoAcks = 16,
    /// <summary>HasCode is set after the look at the writers.</summary>
    HasCodeLate = 32,
    /// <summary>A version that moved is forgiven without a look at the bytes.</summary>
    NoByteCheck = 64,
    /// <summary>Bytes that some TBs check themselves are guarded for no TB.</summary>
    CheckedIsUnguarded = 128,
}

public sealed class PageState
{
    public readonly byte[] Bytes = new byte[PageSize.Bytes];
    public bool HasCode, Protected;
    public PageWriters FastWriters;
    public int Writers;
    public ulong Version;
    public ulong[]? Bitmap;
    public ulong[]? Checked;
}

/// <summary>Published page state; before each access by the owner of coherence, others may act.</summary>
public sealed partial class FakePages(Action interpose, Mutations mutations = Mutations.None) : ICodePages
{
    private readonly Dictionary<uint, PageState> _pages = [];

    public PageState this[RamPage page] => _pages.TryGetValue(page.Index, out var state) ? state : _pages[page.Index] = new PageState();

    public void PublishBitmap(RamPage page, ulong[]? bitmap)
    {
        interpose();
        var state = this[page];
        if ((mutations & Mutations.BitmapNotOred) != 0 && bitmap is not null && state.Bitmap is { } old && bitmap != SmcBitmaps.Everything && old != SmcBitmaps.Everything)
        {
            var only = bitmap.Select((word, i) => word & ~old[i]).ToArray();
            if (only.Any(word => word != 0)) bitmap = only;
        }
        if ((mutations & Mutations.CheckedIsUnguarded) != 0 && state.Checked is { } free && bitmap is not null) bitmap = [.. bitmap.Select((word, i) => word & ~free[i])];
        state.Bitmap = bitmap;
    }

    public void PublishChecked(RamPage page, ulong[]? bytes)
    {
        interpose();
        this[page].Checked = bytes;
    }

    public void SetHasCode(RamPage page)
    {
        interpose();
        if ((mutations & Mutations.HasCodeLate) == 0) this[page].HasCode = true;
    }

    public PageWriters Writers(RamPage page)
    {
        interpose();
        return this[page].FastWriters;
    }

    public void SetProtected(RamPage page)
    {
        interpose();
        this[page].HasCode = true;
        this[page].Protected = true;
    }

    public void ClearCode(RamPage page)
    {
        interpose();
        this[page].HasCode = this[page].Protected = false;
    }

    public int WritersInFlight(RamPage page)
    {
        interpose();
        return (mutations & Mutations.NoWritersCheck) != 0 ? 0 : this[page].Writers;
    }

    public ulong Version(RamPage page)
    {
        interpose();
        return this[page].Version;
    }

    public bool Holds(RamPage page, int offset, ReadOnlySpan<byte> bytes)
    {
        interpose();
        return (mutations & Mutations.NoByteCheck) != 0 || this[page].Bytes.AsSpan(offset, bytes.Length).SequenceEqual(bytes);
    }

    public void BumpVersion(RamPage page)
    {
        interpose();
        this[page].Version++;
    }

    public void Fence() => interpose();
}

/// <summary>The TB hash of a test.</summary>
public sealed class FakeBlocks : ICodeBlocks
{
    private readonly Dictionary<TbKey, TranslationBlock> _blocks = [];

    public IEnumerable<TranslationBlock> Live => _blocks.Values;
    public Action<TranslationBlock> Killed { get; set; } = _ => { };

    public TranslationBlock? Find(in TbKey key) => _blocks.GetValueOrDefault(key);

    public void Add(TranslationBlock block) => _blocks.Add(block.Key, block);

    public bool Kill(TranslationBlock block)
    {
        if (!block.TryKill()) return false;
        if (Find(block.Key) == block) _blocks.Remove(block.Key);
        Killed(block);
        return true;
    }

    public List<TranslationBlock> Released { get; } = [];

    public void Release(TranslationBlock block) => Released.Add(block);
}
