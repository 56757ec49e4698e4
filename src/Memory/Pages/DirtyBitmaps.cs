using System.Numerics;

namespace Tcg.Mttcg.Memory.Pages;

/// <summary>Who wants to hear of the first store to a page.</summary>
public enum DirtyClient : byte
{
    /// <summary>Clear while the page holds translated code.</summary>
    Code,
    /// <summary>A frame buffer that is redrawn.</summary>
    Display,
    /// <summary>A snapshot or copy that follows the guest's writes.</summary>
    Migration,
}

/// <summary>
/// One bit a page for each client; set means dirty, and at the start everything is. A client clears bits to be told of the next store; as
/// long as vCPUs hold fast-write entries for the page, it must have them revoked before it relies on that. All members are safe from any
/// thread.
/// </summary>
public sealed class DirtyBitmaps
{
    public const int Clients = 3;
    private const int WordBits = 64;

    private readonly ulong[][] _words;

    /// <param name="end">The page after the last one.</param>
    public DirtyBitmaps(RamPage end)
    {
        End = end;
        _words = new ulong[Clients][];
        for (var client = 0; client < Clients; client++)
        {
            _words[client] = new ulong[(end.Index + (ulong)WordBits - 1) / WordBits];
            Array.Fill(_words[client], ulong.MaxValue);
        }
    }

    public RamPage End { get; }

    public bool IsDirty(DirtyClient client, RamPage page) => (Volatile.Read(ref Word(client, page)) & Bit(page)) != 0;

    /// <summary>Whether no client waits for a store to the page.</summary>
    public bool IsDirtyForAll(RamPage page)
    {
        var all = ulong.MaxValue;
        for (var client = 0; client < Clients; client++)
            all &= Volatile.Read(ref _words[client][page.Index / WordBits]);
        return (all & Bit(page)) != 0;
    }

    /// <summary>Marks a page dirty. The caller fences between its store and this call: a bit that is set is not written again.</summary>
    public void Set(DirtyClient client, RamPage page)
    {
        ref var word = ref Word(client, page);
        if ((Volatile.Read(ref word) & Bit(page)) == 0)
            Interlocked.Or(ref word, Bit(page));
    }

    public void SetRange(DirtyClient client, RamPage first, int count) =>
        ForEachWord(client, first, count, static (ref ulong word, ulong mask) =>
        {
            Interlocked.Or(ref word, mask);
            return 0;
        });

    /// <summary>Clears a page's bit; true when it was set.</summary>
    public bool TestAndClear(DirtyClient client, RamPage page) => (Interlocked.And(ref Word(client, page), ~Bit(page)) & Bit(page)) != 0;

    /// <summary>Whether any page of a range is dirty.</summary>
    public bool AnyDirty(DirtyClient client, RamPage first, int count) =>
        ForEachWord(client, first, count, static (ref ulong word, ulong mask) =>
            BitOperations.PopCount(Volatile.Read(ref word) & mask)) != 0;

    /// <summary>Takes and clears the bits of a range. No store is lost: each is either in the result or still set.</summary>
    /// <param name="dirty">Receives one bit a page from bit 0 of word 0 on; <paramref name="count"/> / 64 words, rounded up.</param>
    /// <returns>How many pages were dirty.</returns>
    public int ReadAndClear(DirtyClient client, RamPage first, int count, Span<ulong> dirty)
    {
        Check(first, count);
        dirty[..((count + WordBits - 1) / WordBits)].Clear();
        var total = 0;
        for (var done = 0; done < count;)
        {
            var page = new RamPage(first.Index + (uint)done);
            var shift = (int)(page.Index % WordBits);
            var pages = Math.Min(count - done, WordBits - shift);
            var mask = MaskOf(shift, pages);
            ref var word = ref Word(client, page);
            var taken = (Volatile.Read(ref word) & mask) == 0 ? 0 : (Interlocked.And(ref word, ~mask) & mask) >> shift;
            Deposit(dirty, done, taken);
            total += BitOperations.PopCount(taken);
            done += pages;
        }
        return total;
    }

    private delegate int WordAction(ref ulong word, ulong mask);

    private int ForEachWord(DirtyClient client, RamPage first, int count, WordAction action)
    {
        Check(first, count);
        var total = 0;
        for (var done = 0; done < count;)
        {
            var page = new RamPage(first.Index + (uint)done);
            var shift = (int)(page.Index % WordBits);
            var pages = Math.Min(count - done, WordBits - shift);
            total += action(ref Word(client, page), MaskOf(shift, pages));
            done += pages;
        }
        return total;
    }

    private static void Deposit(Span<ulong> bits, int at, ulong value)
    {
        if (value == 0)
            return;
        bits[at / WordBits] |= value << (at % WordBits);
        if (at % WordBits != 0 && value >> (WordBits - at % WordBits) is not 0 and var rest)
            bits[at / WordBits + 1] |= rest;
    }

    private void Check(RamPage first, int count)
    {
        if (count < 0 || first.Index > End.Index || (uint)count > End.Index - first.Index)
            throw new ArgumentOutOfRangeException(nameof(count), count, $"Pages from {first.Index} on are not all guest RAM.");
    }

    private ref ulong Word(DirtyClient client, RamPage page) => ref _words[(int)client][page.Index / WordBits];

    private static ulong Bit(RamPage page) => 1UL << (int)(page.Index % WordBits);

    private static ulong MaskOf(int shift, int pages) => (pages == WordBits ? ulong.MaxValue : (1UL << pages) - 1) << shift;
}
