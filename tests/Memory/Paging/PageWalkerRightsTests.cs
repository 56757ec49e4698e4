using Tcg.Mttcg.Memory.Paging;
using Tcg.Mttcg.Memory.Tlb;
using static Tcg.Mttcg.Memory.Tests.Paging.WalkerFixture;

namespace Tcg.Mttcg.Memory.Tests.Paging;

/// <summary>Rights and error codes (SDM 3A 4.6, 4.7).</summary>
public sealed class PageWalkerRightsTests : IDisposable
{
    private const ulong All = P | W | U | A | D;
    private readonly WalkerFixture _f = new();

    public void Dispose() => _f.Dispose();

    // One line a rule. Codes: P 1, W 2, U 4, RSVD 8, I 16, PK 32; -1 is allowed.
    //          page bits     CR0 CR4          EFER PKRU  access                view                expected
    [Theory]
    [InlineData(U | W,        Wp, 0UL,         0UL, 0u,   AccessKind.Read,      MmuIndex.User,         -1)]
    [InlineData(U | W,        Wp, 0UL,         0UL, 0u,   AccessKind.Write,     MmuIndex.User,         -1)]
    [InlineData(U,            Wp, 0UL,         0UL, 0u,   AccessKind.Write,     MmuIndex.User,         7)]
    [InlineData(U,            0UL, 0UL,        0UL, 0u,   AccessKind.Write,     MmuIndex.User,         7)]
    [InlineData(W,            Wp, 0UL,         0UL, 0u,   AccessKind.Read,      MmuIndex.User,         5)]
    [InlineData(W,            Wp, 0UL,         0UL, 0u,   AccessKind.Write,     MmuIndex.User,         7)]
    [InlineData(W,            Wp, 0UL,         0UL, 0u,   AccessKind.Execute,   MmuIndex.User,         5)]
    [InlineData(W,            Wp, 0UL,         Nxe, 0u,   AccessKind.Execute,   MmuIndex.User,         21)]
    [InlineData(W,            Wp, Smep,        0UL, 0u,   AccessKind.Execute,   MmuIndex.User,         21)]
    [InlineData(U,            Wp, 0UL,         Nxe, 0u,   AccessKind.Execute,   MmuIndex.User,         -1)]
    [InlineData(U | Nx,       Wp, 0UL,         Nxe, 0u,   AccessKind.Execute,   MmuIndex.User,         21)]
    [InlineData(U | Nx,       Wp, 0UL,         Nxe, 0u,   AccessKind.Read,      MmuIndex.User,         -1)]
    [InlineData(0UL,          Wp, 0UL,         0UL, 0u,   AccessKind.Read,      MmuIndex.Kernel,       -1)]
    [InlineData(0UL,          Wp, 0UL,         0UL, 0u,   AccessKind.Write,     MmuIndex.Kernel,       3)]
    [InlineData(0UL,          0UL, 0UL,        0UL, 0u,   AccessKind.Write,     MmuIndex.Kernel,       -1)]
    [InlineData(W,            Wp, 0UL,         0UL, 0u,   AccessKind.Write,     MmuIndex.Kernel,       -1)]
    [InlineData(Nx,           Wp, 0UL,         Nxe, 0u,   AccessKind.Execute,   MmuIndex.Kernel,       17)]
    [InlineData(0UL,          Wp, Smep | Smap, Nxe, 0u,   AccessKind.Execute,   MmuIndex.Kernel,       -1)]
    [InlineData(U | W,        Wp, 0UL,         0UL, 0u,   AccessKind.Execute,   MmuIndex.Kernel,       -1)]
    [InlineData(U | W,        Wp, Smep,        0UL, 0u,   AccessKind.Execute,   MmuIndex.Kernel,       17)]
    [InlineData(U | W,        Wp, Smep,        0UL, 0u,   AccessKind.Execute,   MmuIndex.KernelNoSmap, 17)]
    [InlineData(U | W,        Wp, Smep,        0UL, 0u,   AccessKind.Write,     MmuIndex.Kernel,       -1)]
    [InlineData(U | W,        Wp, Smap,        0UL, 0u,   AccessKind.Read,      MmuIndex.Kernel,       1)]
    [InlineData(U | W,        Wp, Smap,        0UL, 0u,   AccessKind.Write,     MmuIndex.Kernel,       3)]
    [InlineData(U | W,        0UL, Smap,       0UL, 0u,   AccessKind.Write,     MmuIndex.Kernel,       3)]
    [InlineData(U | W,        Wp, Smap,        0UL, 0u,   AccessKind.Execute,   MmuIndex.Kernel,       -1)]
    [InlineData(U | W,        Wp, Smap,        0UL, 0u,   AccessKind.Read,      MmuIndex.KernelNoSmap, -1)]
    [InlineData(U,            Wp, Smap,        0UL, 0u,   AccessKind.Write,     MmuIndex.KernelNoSmap, 3)]
    [InlineData(U | W,        Wp, Smap,        0UL, 0u,   AccessKind.Write,     MmuIndex.User,         -1)]
    [InlineData(W,            Wp, Smap | Smep, 0UL, 0u,   AccessKind.Write,     MmuIndex.Kernel,       -1)]
    // Key 3: access-disable is bit 6 of PKRU, write-disable bit 7.
    [InlineData(U | W | K3,   Wp, Pke,         0UL, 0x40, AccessKind.Read,      MmuIndex.User,         37)]
    [InlineData(U | W | K3,   Wp, Pke,         0UL, 0x40, AccessKind.Write,     MmuIndex.User,         39)]
    [InlineData(U | W | K3,   Wp, Pke,         0UL, 0x40, AccessKind.Execute,   MmuIndex.User,         -1)]
    [InlineData(U | W | K3,   Wp, Pke,         0UL, 0x40, AccessKind.Read,      MmuIndex.Kernel,       33)]
    [InlineData(U | W | K3,   Wp, Pke,         0UL, 0x80, AccessKind.Read,      MmuIndex.User,         -1)]
    [InlineData(U | W | K3,   Wp, Pke,         0UL, 0x80, AccessKind.Write,     MmuIndex.User,         39)]
    [InlineData(U | W | K3,   0UL, Pke,        0UL, 0x80, AccessKind.Write,     MmuIndex.User,         39)]
    [InlineData(U | W | K3,   Wp, Pke,         0UL, 0x80, AccessKind.Write,     MmuIndex.Kernel,       35)]
    [InlineData(U | W | K3,   0UL, Pke,        0UL, 0x80, AccessKind.Write,     MmuIndex.Kernel,       -1)]
    [InlineData(U | W | K3,   Wp, Pke,         0UL, ~0xc0u, AccessKind.Write,   MmuIndex.User,         -1)]
    [InlineData(W | K3,       Wp, Pke,         0UL, 0xc0, AccessKind.Write,     MmuIndex.Kernel,       -1)]
    [InlineData(U | K3,       Wp, Pke,         0UL, 0x80, AccessKind.Write,     MmuIndex.User,         39)]
    [InlineData(U | W | K3,   Wp, 0UL,         0UL, 0xc0, AccessKind.Write,     MmuIndex.User,         -1)]
    public void Each_rule_of_access_rights(
        ulong page, ulong cr0, ulong cr4, ulong efer, uint pkru, AccessKind kind, MmuIndex view, int expected)
    {
        var state = _f.Map1(State(PagingMode.FourLevel, cr0, cr4, efer, pkru), 0x1000, All, All, All, page | P | A | D | 0x5000);
        var result = _f.Walk(state, 0x1000, kind, view);
        Assert.Equal(expected, result.IsFault ? (int)result.ErrorCode : -1);
    }

    private const ulong K3 = 3UL << 59;

    [Fact]
    public void Protection_keys_bind_only_in_long_mode()
    {
        var state = _f.Map1(State(PagingMode.Pae, cr4: Pke, pkru: uint.MaxValue), 0, P, All, All);
        Assert.False(_f.Walk(state, 0, AccessKind.Write, MmuIndex.User).IsFault);
    }

    [Theory]
    [InlineData(PagingMode.Bits32, 2)]
    [InlineData(PagingMode.Pae, 3)]
    [InlineData(PagingMode.FourLevel, 4)]
    [InlineData(PagingMode.FiveLevel, 5)]
    public void One_level_that_denies_is_enough(PagingMode mode, int levels)
    {
        var top = mode == PagingMode.Pae ? 1 : 0;
        for (var denying = top; denying < levels; denying++)
        {
            foreach (var missing in new[] { W, U })
            {
                var entries = Enumerable.Repeat(All, levels).ToArray();
                entries[denying] &= ~missing;
                if (top == 1)
                    entries[0] = P;
                var state = _f.Map1(State(mode), 0, entries);
                Assert.Equal(PageFaultBits.Present | PageFaultBits.Write | PageFaultBits.User,
                    _f.Walk(state, 0, AccessKind.Write, MmuIndex.User).ErrorCode);
            }
            if (mode == PagingMode.Bits32)
                continue;
            var noExecute = Enumerable.Repeat(All, levels).ToArray();
            noExecute[denying] |= Nx;
            if (top == 1)
                noExecute[0] = P;
            Assert.Equal(PageFaultBits.Present | PageFaultBits.Instruction,
                _f.Walk(_f.Map1(State(mode, efer: Nxe), 0, noExecute), 0, AccessKind.Execute).ErrorCode);
        }
    }

    [Fact]
    public void The_global_bit_counts_only_with_pge_and_in_the_leaf()
    {
        foreach (var (cr4, middle, leaf, expected) in new[] { (Pge, 0UL, G, true), (0UL, 0UL, G, false), (Pge, G, 0UL, false) })
        {
            var state = _f.Map1(State(PagingMode.FourLevel, cr4: cr4), 0, All, All, All | middle, All | leaf);
            Assert.Equal(expected, _f.Walk(state, 0).IsGlobal);
        }
    }

    [Fact]
    public void A_clean_page_gives_no_write_right_to_a_read_and_gives_it_to_a_write()
    {
        var state = _f.Map1(State(PagingMode.FourLevel), 0, All, All, All, All & ~D);
        Assert.Equal(PageRights.Read | PageRights.Execute, _f.Walk(state, 0).Rights);
        Assert.Equal(PageRights.All, _f.Walk(state, 0, AccessKind.Write).Rights);
        Assert.Equal(PageRights.All, _f.Walk(state, 0).Rights);
        Assert.Equal(PageRights.Read | PageRights.Execute, _f.Walk(state, 0).WithoutWrite().Rights);
    }

    /// <summary>All combinations against a second reading of the manual, written as its sentences are.</summary>
    [Fact]
    public void Every_combination_agrees_with_the_manual_read_a_second_time()
    {
        foreach (var bits in Enumerable.Range(0, 1 << 8))
        {
            bool On(int bit) => (bits >> bit & 1) != 0;
            var (writable, user, noExecute, wp, smep, smap, nxe, pke) = (On(0), On(1), On(2) && On(6), On(3), On(4), On(5), On(6), On(7));
            for (var pkru = 0u; pkru < 4; pkru++)
            {
                var leaf = P | A | D | (writable ? W : 0) | (user ? U : 0) | (noExecute ? Nx : 0);
                var state = _f.Map1(
                    State(PagingMode.FourLevel, wp ? Wp : 0, (smep ? Smep : 0) | (smap ? Smap : 0) | (pke ? Pke : 0), nxe ? Nxe : 0, pkru),
                    0, All, All, All, leaf);
                foreach (var kind in new[] { AccessKind.Read, AccessKind.Write, AccessKind.Execute })
                    foreach (var view in Enum.GetValues<MmuIndex>())
                    {
                        var supervisor = view != MmuIndex.User;
                        var keyHit = pke && user && kind != AccessKind.Execute
                            && ((pkru & 1) != 0 || ((pkru & 2) != 0 && kind == AccessKind.Write && (wp || !supervisor)));
                        bool allowed;
                        if (supervisor && !user)
                            allowed = kind switch { AccessKind.Read => true, AccessKind.Write => !wp || writable, _ => !noExecute };
                        else if (supervisor)
                            allowed = kind == AccessKind.Execute
                                ? !smep && !noExecute
                                : (!smap || view == MmuIndex.KernelNoSmap) && (kind == AccessKind.Read || !wp || writable);
                        else
                            allowed = user && kind switch { AccessKind.Read => true, AccessKind.Write => writable, _ => !noExecute };
                        var code = -1;
                        if (!allowed || keyHit)
                            code = 1 + (kind == AccessKind.Write ? 2 : 0) + (supervisor ? 0 : 4)
                                + (kind == AccessKind.Execute && (smep || nxe) ? 16 : 0) + (keyHit ? 32 : 0);
                        var result = _f.Walk(state, 0, kind, view);
                        Assert.Equal(code, result.IsFault ? (int)result.ErrorCode : -1);
                        if (result.IsFault)
                            continue;
                        // What the TLB will allow later must be what a walk would allow then.
                        foreach (var (right, later) in new[] { (PageRights.Read, AccessKind.Read), (PageRights.Write, AccessKind.Write), (PageRights.Execute, AccessKind.Execute) })
                            Assert.Equal(!_f.Walk(state, 0, later, view).IsFault, result.Rights.HasFlag(right));
                    }
            }
        }
    }
}
