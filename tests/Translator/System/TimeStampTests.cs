using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.SystemState;

/// <summary>The time-stamp counter as each processor's own (SDM 3B 18.17.3). The machine's counter stands still here.</summary>
public unsafe class TimeStampTests
{
    private const ulong Machine = 0x1122334455667788;
    private const uint Tsc = 0x10, Adjust = 0x3b, Deadline = 0x6e0, Aux = 0xc0000103;

    [Fact]
    public void Writing_the_counter_shows_in_rdtsc_and_in_the_adjustment()
    {
        using var bench = SystemBench.Long();
        Write(bench, Tsc, 1000);
        Assert.Equal((1000UL, 1000UL, unchecked(1000 - Machine)), (Read(bench, Tsc), Rdtsc(bench), Read(bench, Adjust)));
        Write(bench, Adjust, 5);
        Assert.Equal((Machine + 5, Machine + 5), (Read(bench, Tsc), Rdtsc(bench)));
        bench.Cpu.Reset(init: true);
        Assert.Equal(5UL, bench.State->TscAdjust);
        bench.Cpu.Reset();
        Assert.Equal(Machine, Rdtsc(bench));
    }

    [Theory]
    [InlineData(0UL, 0x2000000000000000UL, 0x2000000000000000UL)]
    [InlineData(100UL, 0x2000000000000000UL, 0x1fffffffffffff9cUL)]
    [InlineData(ulong.MaxValue - 99, 50UL, 150UL)]
    [InlineData(100UL, 40UL, 1UL)]
    [InlineData(100UL, 0UL, 0UL)]
    public void Deadlines_count_as_the_guest_counts(ulong adjust, ulong deadline, ulong machine)
    {
        using var bench = SystemBench.Long();
        bench.Interrupts.Msrs[Deadline] = 0;
        Write(bench, Adjust, adjust);
        Write(bench, Deadline, deadline);
        Assert.Equal(machine, bench.Interrupts.Msrs[Deadline]);
        if (machine > 1) Assert.Equal(deadline, Read(bench, Deadline));
    }

    [Fact]
    public void A_deadline_that_is_armed_follows_the_counter()
    {
        using var bench = SystemBench.Long();
        bench.Interrupts.Msrs[Deadline] = 0;
        Write(bench, Adjust, 1000);
        Write(bench, Deadline, 5000);
        Write(bench, Adjust, 3000);
        Assert.Equal((2000UL, 5000UL), (bench.Interrupts.Msrs[Deadline], Read(bench, Deadline)));
    }

    [Fact]
    public void Rdtscp_tells_the_processor_too()
    {
        using var bench = SystemBench.Long();
        Write(bench, Aux, 0x42);
        Write(bench, Tsc, 7);
        bench.Call(HelperId.Rdtscp);
        Assert.Equal((7UL, 0UL, 0x42UL), (bench.State->Gpr[0], bench.State->Gpr[2], bench.State->Gpr[1]));
    }

    private static ulong Rdtsc(SystemBench bench)
    {
        bench.Call(HelperId.Rdtsc);
        return bench.State->Gpr[2] << 32 | bench.State->Gpr[0];
    }

    private static ulong Read(SystemBench bench, uint index)
    {
        Assert.True(bench.Cpu.TryReadMsr(index, out var value));
        return value;
    }

    private static void Write(SystemBench bench, uint index, ulong value) => Assert.True(bench.Cpu.TryWriteMsr(index, value));
}
