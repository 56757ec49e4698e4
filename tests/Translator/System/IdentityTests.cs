using System.Text;
using Tcg.Mttcg.Memory.Contracts;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.SystemState;

public unsafe class IdentityTests
{
    [Fact]
    public void Vendor_and_brand_read_as_text()
    {
        using var bench = new SystemBench();
        var (max, b, c, d) = Cpuid(bench, 0);
        Assert.Equal(0x1fu, max);
        Assert.Equal("GenuineIntel", Text(b, d, c));
        var text = "";
        for (var leaf = 0x80000002; leaf <= 0x80000004; leaf++)
        {
            var words = Cpuid(bench, leaf);
            text += Text(words.A, words.B, words.C, words.D);
        }
        Assert.Equal("Tcg.Mttcg Virtual CPU", text.TrimEnd('\0'));
    }

    //         sockets, cores, threads: thread bits, package bits
    [Theory]
    [InlineData(1,  1, 1, 0, 0)]
    [InlineData(1,  2, 1, 0, 1)]
    [InlineData(1,  3, 1, 0, 2)]
    [InlineData(1, 16, 1, 0, 4)]
    [InlineData(2,  3, 2, 1, 3)]
    [InlineData(4,  1, 3, 2, 2)]
    public void Topology_and_caches_follow_the_packages(int sockets, int cores, int threads, int threadBits, int packageBits)
    {
        using var bench = new SystemBench(0, new CpuModel { Topology = new CpuTopology(sockets * cores * threads, sockets, cores, threads) });
        bench.Interrupts.ApicId = 1;
        var one = Cpuid(bench, 1);
        Assert.Equal((1u << packageBits, 1u), (one.B >> 16 & 0xff, one.B >> 24));
        Assert.Equal(cores * threads > 1, (one.D >> 28 & 1) != 0);
        foreach (var leaf in new[] { 0xbu, 0x1fu })
        {
            Assert.Equal(((uint)threadBits, (uint)threads, 0x100u, 1u), Cpuid(bench, leaf, 0));
            Assert.Equal(((uint)packageBits, (uint)(cores * threads), 0x201u, 1u), Cpuid(bench, leaf, 1));
            Assert.Equal((0u, 0u, 2u, 1u), Cpuid(bench, leaf, 2));
        }
        for (var cache = 0u; cache < 4; cache++)
        {
            var (a, _, _, _) = Cpuid(bench, 4, cache);
            Assert.Equal((1u << (cache < 3 ? threadBits : packageBits)) - 1, a >> 14 & 0xfff);
            Assert.Equal((1u << packageBits - threadBits) - 1, a >> 26);
        }
        Assert.Equal(0u, Cpuid(bench, 4, 4).A & 31);
    }

    [Fact]
    public void Apic_ids_have_a_field_for_each_level()
    {
        Assert.Equal([0u, 1, 2, 3], new CpuTopology(4).ApicIds);
        Assert.Equal([0u, 1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13], new CpuTopology(12, 2, 3, 2).ApicIds);
        Assert.Equal([0u, 1, 2, 4, 5], new CpuTopology(5, 2, 3, 1).ApicIds);
    }

    [Fact]
    public void Every_announced_feature_is_a_bit_somewhere_and_no_two_share_one()
    {
        var places = CpuFeatures.Rows.Select(row => (row.Leaf, row.Register, row.Bit)).ToList();
        Assert.Equal(places.Count, places.Distinct().Count());
        Assert.Equal(Enum.GetValues<CpuFeature>().Order(), CpuFeatures.Rows.Select(row => row.Feature).Order());
    }

    [Theory]
    [InlineData(1u, 'd', 26, true)]
    [InlineData(1u, 'd', 9, true)]
    [InlineData(1u, 'c', 21, true)]
    [InlineData(1u, 'c', 31, false)]
    [InlineData(1u, 'c', 28, true)]
    [InlineData(1u, 'c', 3, false)]
    [InlineData(0x80000001u, 'd', 29, true)]
    [InlineData(0x80000007u, 'd', 8, true)]
    [InlineData(7u, 'b', 20, true)]
    [InlineData(7u, 'b', 5, true)]
    [InlineData(7u, 'b', 16, false)]
    public void Features_are_announced_where_the_manual_puts_them(uint leaf, char register, int bit, bool present)
    {
        using var bench = new SystemBench();
        var (_, b, c, d) = Cpuid(bench, leaf);
        var word = register switch { 'b' => b, 'c' => c, _ => d };
        Assert.Equal(present, (word >> bit & 1) != 0);
    }

    [Fact]
    public void Osxsave_mirrors_cr4()
    {
        using var bench = new SystemBench();
        Assert.Equal(0u, Cpuid(bench, 1).C >> 27 & 1);
        bench.Call(HelperId.WriteCr, 4, 1 << 18);
        Assert.Equal(1u, Cpuid(bench, 1).C >> 27 & 1);
    }

    [Fact]
    public void There_is_no_hypervisor_leaf()
    {
        using var bench = new SystemBench();
        Assert.Equal((0u, 0u, 0u, 0u), Cpuid(bench, 0x40000000));
    }

    [Fact]
    public void The_crystal_leaf_gives_the_tsc_frequency()
    {
        using var bench = new SystemBench();
        var (denominator, numerator, crystal, _) = Cpuid(bench, 0x15);
        Assert.Equal(2_000_000_000UL, (ulong)crystal * numerator / denominator);
    }

    [Fact]
    public void Rdtscp_reads_the_counter_and_its_processor()
    {
        using var bench = new SystemBench();
        bench.State->TscAux = 0x105;
        bench.Call(HelperId.Rdtscp);
        Assert.Equal((0x55667788UL, 0x11223344UL, 0x105UL), (bench.State->Gpr[0], bench.State->Gpr[2], bench.State->Gpr[1]));
        Assert.Equal(0x105UL, bench.Call(HelperId.Rdpid));
    }

    [Fact]
    public void Random_numbers_have_the_operand_size_and_set_only_carry()
    {
        using var bench = new SystemBench();
        bench.Cpu.Eflags = 0x8d4;
        var seen = new HashSet<ulong>();
        for (var i = 0; i < 64; i++) seen.Add(bench.Call(HelperId.Rdrand, 2));
        Assert.True(seen.Count > 32);
        Assert.All(seen, value => Assert.True(value <= 0xffff));
        Assert.Equal(3u, bench.Cpu.Eflags);
    }

    [Theory]
    [InlineData(0xc0000081u, 0x0023001000000000UL)]
    [InlineData(0xc0000082u, 0xffffffff81000000UL)]
    [InlineData(0xc0000100u, 0x00007f0000000000UL)]
    [InlineData(0xc0000102u, 0xffff888000000000UL)]
    [InlineData(0xc0000103u, 0x00000000ffffffffUL)]
    [InlineData(0x174u, 0x10UL)]
    [InlineData(0x200u, 0x80000006UL)]
    [InlineData(0x20fu, 0x800UL)]
    [InlineData(0x277u, 0x0007010600070106UL)]
    [InlineData(0x1bu, 0xfee00d00UL)]
    public void Model_specific_registers_remember(uint index, ulong value)
    {
        using var bench = SystemBench.Long();
        Write(bench, index, value);
        Assert.False(bench.Cpu.HasPending);
        Assert.Equal(value, Read(bench, index));
    }

    [Theory]
    [InlineData(0xc0000082u, 0x8000000000000000UL)]
    [InlineData(0xc0000080u, 0x100000000UL)]
    [InlineData(0xc0000080u, 0x1UL)]
    [InlineData(0xc0000103u, 0x100000000UL)]
    [InlineData(0x277u, 0x02UL)]
    [InlineData(0xfeu, 0UL)]
    [InlineData(0x12345u, 0UL)]
    [InlineData(0x800u, 0UL)]
    public void A_bad_write_is_a_general_protection_and_changes_nothing(uint index, ulong value)
    {
        using var bench = SystemBench.Long();
        Write(bench, index, value);
        bench.AssertRaised(ExceptionVector.GeneralProtection, 0);
        Assert.Equal(0UL, bench.State->LStar | bench.State->TscAux);
    }

    [Fact]
    public void Unknown_registers_fault_on_reading()
    {
        using var bench = SystemBench.Long();
        Read(bench, 0x40000000);
        bench.AssertRaised(ExceptionVector.GeneralProtection, 0);
    }

    [Fact]
    public void Gs_bases_swap()
    {
        using var bench = SystemBench.Long();
        bench.State->Gs.Base = 1;
        bench.State->KernelGsBase = 2;
        bench.Call(HelperId.SwapGs);
        Assert.Equal((2UL, 1UL), (bench.State->Gs.Base, bench.State->KernelGsBase));
    }

    [Fact]
    public void Xcr0_takes_only_announced_components()
    {
        using var bench = SystemBench.Long();
        bench.Call(HelperId.WriteCr, 4, 1 << 5 | 1 << 18);
        (bench.State->Gpr[0], bench.State->Gpr[2]) = (7, 0);
        bench.Call(HelperId.Xsetbv);
        Assert.Equal(7UL, bench.State->Xcr0);
        // AVX without SSE; half of AVX-512.
        foreach (var wrong in (ulong[])[5, 0x27])
        {
            bench.State->Gpr[0] = wrong;
            bench.Call(HelperId.Xsetbv);
            bench.AssertRaised(ExceptionVector.GeneralProtection, 0);
            Assert.Equal(7UL, bench.State->Xcr0);
        }
    }

    private static void Write(SystemBench bench, uint index, ulong value)
    {
        bench.State->Gpr[1] = index;
        bench.State->Gpr[0] = (uint)value;
        bench.State->Gpr[2] = value >> 32;
        bench.Call(HelperId.Wrmsr);
    }

    private static ulong Read(SystemBench bench, uint index)
    {
        bench.State->Gpr[1] = index;
        bench.Call(HelperId.Rdmsr);
        return bench.State->Gpr[2] << 32 | bench.State->Gpr[0];
    }

    private static (uint A, uint B, uint C, uint D) Cpuid(SystemBench bench, uint leaf, uint subleaf = 0)
    {
        bench.State->Gpr[0] = leaf;
        bench.State->Gpr[1] = subleaf;
        bench.Call(HelperId.Cpuid);
        return ((uint)bench.State->Gpr[0], (uint)bench.State->Gpr[3], (uint)bench.State->Gpr[1], (uint)bench.State->Gpr[2]);
    }

    private static string Text(params uint[] words) => string.Concat(words.Select(word => Encoding.ASCII.GetString(BitConverter.GetBytes(word))));
}
