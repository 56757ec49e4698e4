using Tcg.Mttcg.Memory.Paging;
using Tcg.Mttcg.Memory.Tlb;

namespace Tcg.Mttcg.Memory.Tests.Tlb;

/// <summary>Random operations against a model that never evicts: whatever the TLB still knows must be what the model knows.</summary>
public class SoftTlbModelTests
{
    private static readonly AccessKind[] Kinds = [AccessKind.Read, AccessKind.Write, AccessKind.Execute];

    private readonly record struct Page(ulong Physical, PageRights Rights, bool NotDirty, bool Global, byte Shift);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void What_the_tlb_still_knows_is_true(int seed)
    {
        using var f = new TlbFixture(new() { MinShift = 8, MaxShift = 9, WindowFlushes = 3 });
        var random = new Random(seed);
        var model = new Dictionary<(MmuIndex, ulong), Page>();
        var hits = 0;
        for (var step = 0; step < 12000; step++)
        {
            Step(f, random, model);
            hits += CheckRandomAddresses(f, random, model);
            if (step % 200 == 0)
                CheckEveryEntry(f, model);
        }
        Assert.True(hits > 1000, $"{hits} hits: the test must not pass because nothing is ever cached");
    }

    private static void Step(TlbFixture f, Random random, Dictionary<(MmuIndex, ulong), Page> model)
    {
        var address = Address(random);
        var page = address & PageSize.Mask;
        var ramPage = new RamPage((uint)random.Next(48));
        switch (random.Next(100))
        {
            case < 78:
                var index = (MmuIndex)random.Next(3);
                var shift = random.Next(8) == 0 ? (byte)21 : (byte)12;
                var target = random.Next(8) switch { 0 => TlbFixture.MmioAt, 1 => TlbFixture.RomAt, 2 => 0xd0000000, _ => ramPage.Start.Value };
                var rights = PageRights.Read | (PageRights)random.Next(8);
                var filled = new Page(target, rights, random.Next(3) == 0, random.Next(4) == 0, shift);
                f.Fill(index, address, target, rights, filled.NotDirty ? TlbFlags.NotDirty : TlbFlags.None, filled.Global, shift);
                model[(index, page)] = filled;
                break;
            case < 84:
                f.Tlb.FlushPage(new(address));
                Forget(model, (key, value) => Covers(key, value, page, 4096));
                break;
            case < 86:
                f.Tlb.FlushNonGlobal();
                Forget(model, (_, value) => !value.Global);
                break;
            case < 87:
                f.Tlb.FlushAll();
                model.Clear();
                break;
            case < 91:
                var length = (ulong)random.Next(1, 1 << random.Next(1, 24));
                f.Tlb.FlushRange(new(page), length);
                Forget(model, (key, value) => Covers(key, value, page, (length + 4095) & PageSize.Mask));
                break;
            case < 92:
                f.Tlb.RevokeWrites();
                foreach (var key in model.Keys.ToArray()) model[key] = model[key] with { NotDirty = true };
                break;
            case < 96:
                f.Tlb.RevokeWrite(ramPage);
                foreach (var key in model.Keys.ToArray())
                    if (model[key].Physical == ramPage.Start.Value)
                        model[key] = model[key] with { NotDirty = true };
                break;
            default:
                f.Tlb.SetDirty(new(address), ramPage);
                foreach (var key in model.Keys.ToArray())
                    if (key.Item2 == page && model[key].Physical == ramPage.Start.Value)
                        model[key] = model[key] with { NotDirty = false };
                break;
        }
    }

    private static bool Covers(ulong page, Page value, ulong start, ulong length)
    {
        var size = 1UL << value.Shift;
        var guestPage = page & ~(size - 1);
        return guestPage - start < length || start - guestPage < size;
    }

    private static void Forget(Dictionary<(MmuIndex, ulong), Page> model, Func<ulong, Page, bool> which)
    {
        foreach (var (key, value) in model.ToArray())
            if (which(key.Item2, value))
                model.Remove(key);
    }

    private static int CheckRandomAddresses(TlbFixture f, Random random, Dictionary<(MmuIndex, ulong), Page> model)
    {
        var hits = 0;
        for (var i = 0; i < 6; i++)
        {
            var address = Address(random);
            var index = (MmuIndex)random.Next(3);
            var kind = Kinds[random.Next(3)];
            var known = model.TryGetValue((index, address & PageSize.Mask), out var page);
            if (f.Tlb.TryLookup(index, new(address), kind, out var hit))
            {
                Assert.True(known, $"{index} {kind} {address:x} {hit.Physical} {hit.PageShift} {hit.Flags}");
                Assert.Equal(page.Physical + (address & 0xfff), hit.Physical.Value);
                Assert.Equal(ExpectedFlags(page, kind), hit.Flags);
            }
            var fast = f.Fast(index, address, kind, 1 << random.Next(5));
            if (fast == 0)
                continue;
            hits++;
            Assert.True(known && ExpectedFlags(page, kind) == TlbFlags.None, $"{index} {kind} {address:x} {known} {page}");
            Assert.Equal(f.HostOf(page.Physical + (address & 0xfff)), fast);
        }
        return hits;
    }

    private static unsafe void CheckEveryEntry(TlbFixture f, Dictionary<(MmuIndex, ulong), Page> model)
    {
        foreach (var index in Enum.GetValues<MmuIndex>())
        {
            var used = 0;
            for (var i = 0; i < f.Tlb.EntriesOf(index); i++)
            {
                var entry = f.Table(index)[i];
                used += Kinds.Any(kind => (TagOf(entry, kind) & 1) == 0) ? 1 : 0;
                foreach (var kind in Kinds)
                    if (TlbTag.IsUsable(TagOf(entry, kind), i))
                    {
                        Assert.True(model.TryGetValue((index, TagOf(entry, kind)), out var page));
                        Assert.Equal(f.HostOf(page.Physical), entry.HostPage);
                    }
            }
            Assert.Equal(used, f.Tlb.UsedOf(index));
        }
    }

    private static ulong TagOf(TlbEntry entry, AccessKind kind) => kind switch
    {
        AccessKind.Read => entry.ReadTag,
        AccessKind.Write => entry.WriteTag,
        _ => entry.CodeTag,
    };

    private static TlbFlags ExpectedFlags(Page page, AccessKind kind)
    {
        var right = kind switch { AccessKind.Read => PageRights.Read, AccessKind.Write => PageRights.Write, _ => PageRights.Execute };
        if ((page.Rights & right) == 0)
            return TlbFlags.Invalid;
        return page.Physical switch
        {
            TlbFixture.MmioAt or 0xd0000000 => TlbFlags.Mmio,
            TlbFixture.RomAt => kind == AccessKind.Write ? TlbFlags.DiscardWrite : TlbFlags.None,
            _ => kind == AccessKind.Write && page.NotDirty ? TlbFlags.NotDirty : TlbFlags.None,
        };
    }

    /// <summary>Few pages in several far corners, so that operations meet: low, high, non-canonical, and conflicting on one slot.</summary>
    private static ulong Address(Random random)
    {
        ulong[] corners = [0, 0x40_0000, 0x7fff_ffff_e000, 0x8000_0000_0000, 0x1234_5678_9abc_d000, 0xffff_8000_0000_0000, 0xffff_ffff_fff0_0000];
        var page = (ulong)random.Next(8) + (ulong)(random.Next(4) * 256);
        return corners[random.Next(corners.Length)] + (page << 12) + (ulong)random.Next(4096);
    }
}
