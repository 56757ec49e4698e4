using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.SystemState;

/// <summary>What control and model-specific registers take (SDM 3A 2.5, 4.1, 9.8.5, 12.11; SDM 1 13.3), a line a rule.</summary>
public unsafe class ValidityTests
{
    private const ulong Pae = 1 << 5, Pcide = 1 << 17, Pke = 1 << 22, La57 = 1 << 12, Osxsave = 1 << 18;

    //         register, value, taken by 64-bit mode
    [Theory]
    [InlineData(0, 0x80000011UL, true)]
    [InlineData(0, 0x80000010UL, false)]      // PG without PE
    [InlineData(0, 0xa0000011UL, false)]      // NW without CD
    [InlineData(0, 0xe0000011UL, true)]
    [InlineData(0, 0x1_80000011UL, false)]    // upper half
    [InlineData(0, 0x11UL, false)]            // PG off in 64-bit code
    [InlineData(4, Pae, true)]
    [InlineData(4, 0UL, false)]               // PAE off in long mode
    [InlineData(4, Pae | La57, false)]        // LA57 changed in long mode
    [InlineData(4, Pae | Pcide, true)]
    [InlineData(4, Pae | Pke, true)]
    [InlineData(4, Pae | Osxsave, true)]
    [InlineData(4, Pae | 1UL << 13, false)]   // VMXE: no VMX
    [InlineData(4, Pae | 1UL << 23, false)]   // CET: no shadow stacks
    [InlineData(4, Pae | 1UL << 63, false)]
    [InlineData(3, 1UL << 45, true)]
    [InlineData(3, 1UL << 46, false)]         // beyond MAXPHYADDR
    [InlineData(3, 1UL << 63, false)]         // without CR4.PCIDE
    [InlineData(8, 15UL, true)]
    [InlineData(8, 16UL, false)]
    [InlineData(1, 0UL, false)]
    [InlineData(5, 0UL, false)]
    public void Control_registers(int register, ulong value, bool taken)
    {
        using var bench = With(CpuFeatures.All);
        bench.Call(HelperId.WriteCr, (ulong)register, value);
        Assert.Equal(taken, !bench.Cpu.HasPending);
        if (!taken) bench.TakeRaised(register is 1 or 5 ? ExceptionVector.InvalidOpcode : ExceptionVector.GeneralProtection, register is 1 or 5 ? null : 0u);
    }

    [Theory]
    [InlineData(CpuFeature.Pku, Pke)]
    [InlineData(CpuFeature.Pcid, Pcide)]
    [InlineData(CpuFeature.Xsave, Osxsave)]
    [InlineData(CpuFeature.Smep, 1UL << 20)]
    [InlineData(CpuFeature.Smap, 1UL << 21)]
    [InlineData(CpuFeature.Umip, 1UL << 11)]
    [InlineData(CpuFeature.FsGsBase, 1UL << 16)]
    [InlineData(CpuFeature.Pge, 1UL << 7)]
    public void Bits_of_cr4_exist_with_their_feature(CpuFeature feature, ulong bit)
    {
        using var with = With(CpuFeatures.All);
        with.Call(HelperId.WriteCr, 4, Pae | bit);
        Assert.False(with.Cpu.HasPending);
        using var without = With(CpuFeatures.All.Without(feature));
        without.Call(HelperId.WriteCr, 4, Pae | bit);
        without.AssertRaised(ExceptionVector.GeneralProtection, 0);
    }

    [Theory]
    [InlineData(1UL, true)]
    [InlineData(3UL, true)]
    [InlineData(7UL, true)]
    [InlineData(0x207UL, true)]
    [InlineData(0x203UL, true)]
    [InlineData(0UL, false)]          // x87 cannot be off
    [InlineData(2UL, false)]
    [InlineData(5UL, false)]          // AVX without SSE
    [InlineData(0x1bUL, false)]       // MPX
    [InlineData(0xe7UL, false)]       // AVX-512
    [InlineData(1UL << 62 | 1, false)]
    public void Xcr0(ulong value, bool taken)
    {
        using var bench = With(CpuFeatures.All);
        bench.State->Cr4 |= Osxsave;
        (bench.State->Gpr[0], bench.State->Gpr[1], bench.State->Gpr[2]) = ((uint)value, 0, value >> 32);
        bench.Call(HelperId.Xsetbv);
        Assert.Equal((!taken, taken ? value : 1UL), (bench.Cpu.HasPending, bench.State->Xcr0));
    }

    [Theory]
    [InlineData(0xc0000080, 0xd01UL, true)]
    [InlineData(0xc0000080, 0x401UL, false)]                 // LME off while paging
    [InlineData(0xc0000080, 0x1d01UL, false)]                // SVME
    [InlineData(0xc0000080, 0x4d01UL, false)]                // FFXSR
    [InlineData(0xc0000082, 0xffff800000000000, true)]
    [InlineData(0xc0000082, 0x0000800000000000UL, false)]    // not canonical
    [InlineData(0xc0000100, 0x00007fffffffffffUL, true)]
    [InlineData(0xc0000102, 0x8000000000000000, false)]
    [InlineData(0xc0000084, 0x100000000UL, false)]
    [InlineData(0xc0000103, 0x100000000UL, false)]
    [InlineData(0x175u, 0x1000000000000000UL, false)]
    [InlineData(0x277u, 0x0007040600070406UL, true)]
    [InlineData(0x277u, 0x0002040600070406UL, false)]        // memory type 2
    [InlineData(0x200u, 0x3ffffffff006UL, true)]
    [InlineData(0x200u, 0x400000000006UL, false)]            // beyond MAXPHYADDR
    [InlineData(0x200u, 0x1002UL, false)]                    // memory type 2
    [InlineData(0x200u, 0x1106UL, false)]
    [InlineData(0x201u, 0x3ffffffff800UL, true)]
    [InlineData(0x201u, 0x3ffffffff801UL, false)]
    [InlineData(0x250u, 0x0605040100060606UL, true)]
    [InlineData(0x250u, 0x0705040100060606UL, false)]
    [InlineData(0x2ffu, 0xc00UL, true)]
    [InlineData(0x2ffu, 0xc03UL, false)]
    [InlineData(0x49u, 1UL, true)]
    [InlineData(0x49u, 2UL, false)]
    [InlineData(0x48u, 7UL, true)]
    [InlineData(0x48u, 1UL << 40, false)]
    [InlineData(0xda0u, 0UL, true)]
    [InlineData(0xda0u, 0x100UL, false)]
    [InlineData(0x10au, 0UL, false)]                         // read-only
    [InlineData(0x12345u, 0UL, false)]
    public void Model_specific_registers(uint index, ulong value, bool taken)
    {
        using var bench = With(CpuFeatures.All.Without(CpuFeature.La57));
        Assert.Equal(taken, bench.Cpu.TryWriteMsr(index, value));
    }

    [Theory]
    [InlineData(CpuFeature.Sep, 0x174u)]
    [InlineData(CpuFeature.Pat, 0x277u)]
    [InlineData(CpuFeature.Mtrr, 0x2ffu)]
    [InlineData(CpuFeature.Mca, 0x179u)]
    [InlineData(CpuFeature.TscAdjust, 0x3bu)]
    [InlineData(CpuFeature.SpecCtrl, 0x48u)]
    [InlineData(CpuFeature.ArchCapabilities, 0x10au)]
    [InlineData(CpuFeature.XsaveS, 0xda0u)]
    [InlineData(CpuFeature.LongMode, 0xc0000102)]
    [InlineData(CpuFeature.Syscall, 0xc0000081)]
    public void Model_specific_registers_exist_with_their_feature(CpuFeature feature, uint index)
    {
        using var with = With(CpuFeatures.All);
        Assert.True(with.Cpu.TryReadMsr(index, out _));
        using var without = With(CpuFeatures.All.Without(feature));
        Assert.False(without.Cpu.TryReadMsr(index, out _) || without.Cpu.TryWriteMsr(index, 0));
    }

    [Fact]
    public void Bits_of_efer_exist_with_their_feature()
    {
        using var bench = With(CpuFeatures.All.Without(CpuFeature.Nx));
        Assert.False(bench.Cpu.TryWriteMsr(0xc0000080, 0xd01));
        Assert.True(bench.Cpu.TryWriteMsr(0xc0000080, 0x501));
    }

    private static SystemBench With(CpuFeatureSet features) => SystemBench.Long(0, new CpuModel { Features = features });
}
