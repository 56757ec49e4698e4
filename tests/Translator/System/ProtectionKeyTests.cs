using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.SystemState;

/// <summary>Protection keys (SDM 3A 4.6.2): rights of user pages by a register that user code writes.</summary>
public unsafe class ProtectionKeyTests
{
    private const ulong LeafTable = 0xf3000, Page = 0x20000, Pke = 1 << 22, Wp = 1 << 16;
    private const int Key = 3;
    private const uint AccessDisable = 1u << Key * 2, WriteDisable = 2u << Key * 2;

    [Theory]
    [InlineData(0u, true, true)]
    [InlineData(WriteDisable, true, false)]
    [InlineData(AccessDisable, false, false)]
    [InlineData(~(AccessDisable | WriteDisable), true, true)]
    public void Rights_change_with_wrpkru_although_the_translation_is_cached(uint pkru, bool reads, bool writes)
    {
        using var bench = Keyed();
        Assert.True(CanRead(bench) && CanWrite(bench));
        Set(bench, pkru);
        Assert.Equal((reads, writes), (CanRead(bench), CanWrite(bench)));
        Set(bench, 0);
        Assert.True(CanRead(bench) && CanWrite(bench));
    }

    [Fact]
    public void The_fault_tells_of_the_key()
    {
        using var bench = Keyed();
        Set(bench, AccessDisable);
        Assert.False(bench.Cpu.TryRead(new GuestVirtual(Page), 8, MmuIndex.User, out _));
        bench.TakeRaised(ExceptionVector.PageFault, 1 | 4 | 32);
        Assert.False(bench.Cpu.TryWrite(new GuestVirtual(Page), 8, MmuIndex.User, 0));
        bench.TakeRaised(ExceptionVector.PageFault, 1 | 2 | 4 | 32);
    }

    [Fact]
    public void Supervisor_writes_obey_the_key_only_with_write_protection()
    {
        using var bench = Keyed();
        Set(bench, WriteDisable);
        Assert.True(bench.Cpu.TryWrite(new GuestVirtual(Page), 8, MmuIndex.Kernel, 0));
        bench.Call(HelperId.WriteCr, 0, bench.State->Cr0 | Wp);
        Assert.False(bench.Cpu.TryWrite(new GuestVirtual(Page), 8, MmuIndex.Kernel, 0));
        bench.TakeRaised(ExceptionVector.PageFault, 1 | 2 | 32);
    }

    [Fact]
    public void Keys_mean_nothing_without_cr4_pke()
    {
        using var bench = Keyed();
        Set(bench, AccessDisable);
        bench.Call(HelperId.WriteCr, 4, bench.State->Cr4 & ~Pke);
        Assert.True(CanRead(bench));
    }

    [Fact]
    public void Rdpkru_and_wrpkru_check_their_registers()
    {
        using var bench = Keyed();
        Set(bench, 0x1234);
        bench.State->Gpr[2] = 7;
        bench.Call(HelperId.Rdpkru);
        Assert.Equal((0x1234UL, 0UL), (bench.State->Gpr[0], bench.State->Gpr[2]));
        bench.State->Gpr[1] = 1;
        foreach (var helper in new[] { HelperId.Rdpkru, HelperId.Wrpkru })
        {
            bench.Call(helper);
            bench.TakeRaised(ExceptionVector.GeneralProtection, 0);
        }
        (bench.State->Gpr[1], bench.State->Gpr[2]) = (0, 1);
        bench.Call(HelperId.Wrpkru);
        bench.TakeRaised(ExceptionVector.GeneralProtection, 0);
        bench.State->Cr4 &= ~Pke;
        foreach (var helper in new[] { HelperId.Rdpkru, HelperId.Wrpkru })
        {
            bench.Call(helper);
            bench.TakeRaised(ExceptionVector.InvalidOpcode);
        }
    }

    [Fact]
    public void Ospke_mirrors_cr4()
    {
        using var bench = SystemBench.Long();
        Assert.Equal(0u, StructuredEcx(bench) >> 4 & 1);
        bench.State->Cr4 |= Pke;
        Assert.Equal(1u, StructuredEcx(bench) >> 4 & 1);
    }

    private static uint StructuredEcx(SystemBench bench)
    {
        (bench.State->Gpr[0], bench.State->Gpr[1]) = (7, 0);
        bench.Call(HelperId.Cpuid);
        return (uint)bench.State->Gpr[1];
    }

    private static SystemBench Keyed()
    {
        var bench = SystemBench.Long();
        bench.Write(LeafTable + (Page >> 12) * 8, 8, Page | 7 | (ulong)Key << 59);
        bench.Call(HelperId.WriteCr, 4, bench.State->Cr4 | Pke);
        return bench;
    }

    private static void Set(SystemBench bench, uint pkru)
    {
        (bench.State->Gpr[0], bench.State->Gpr[1], bench.State->Gpr[2]) = (pkru, 0, 0);
        bench.Call(HelperId.Wrpkru);
        Assert.False(bench.Cpu.HasPending);
    }

    private static bool CanRead(SystemBench bench) => Try(bench, bench.Cpu.TryRead(new GuestVirtual(Page), 8, MmuIndex.User, out _), 0);

    private static bool CanWrite(SystemBench bench) => Try(bench, bench.Cpu.TryWrite(new GuestVirtual(Page), 8, MmuIndex.User, 5), 2);

    private static bool Try(SystemBench bench, bool done, uint write)
    {
        if (!done) bench.TakeRaised(ExceptionVector.PageFault, 1 | 4 | 32 | write);
        return done;
    }
}
