using System.Diagnostics;
using Tcg.Mttcg.Actors.Hosting;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Guests.BareMetal;
using Tcg.Mttcg.Guests.Demo;
using Tcg.Mttcg.Guests.Litmus;
using Tcg.Mttcg.Guests.Tests.Support;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Tests.Machines;

/// <summary>thread=single: vCPUs take turns.</summary>
public class SingleThreadTests
{
    [Theory]
    [InlineData(BackEndKind.Jit)]
    [InlineData(BackEndKind.Interpreter)]
    public async Task Unlocked_increments_of_four_cpus_lose_nothing(BackEndKind backEnd)
    {
        // Long enough for several turns each. With all vCPUs at once, increments without LOCK lose a part of each other.
        const int Cpus = 4;
        var each = backEnd == BackEndKind.Jit ? 20_000_000 : 500_000;
        var result = await Boot.ToEnd(Boot.Options(Boot.Guest(p =>
        {
            var loop = p.C.CreateLabel();
            p.C.mov(ecx, each);
            p.C.mov(esi, MemoryMap.Data);
            p.C.Label(ref loop);
            p.C.inc(__dword_ptr[rsi]);
            p.C.dec(ecx);
            p.C.jne(loop);
            p.Barrier(MemoryMap.Data + 0x100);
            p.OnlyTheFirst();
            p.C.mov(eax, __dword_ptr[MemoryMap.Data]);
            p.ExitWithEax();
        }), Cpus) with { SingleThread = true, BackEnd = backEnd });
        Assert.Equal((ExitReason.DebugExit, (uint)(Cpus * each)), (result.Reason, result.Code));
    }

    [Fact]
    public async Task A_cpu_that_never_pauses_lets_the_others_run()
    {
        // CPU 0 waits without PAUSE or HLT for a word that CPU 1 writes after its own long loop.
        var result = await Boot.ToEnd(Boot.Options(Boot.Guest(p =>
        {
            Iced.Intel.Label other = p.C.CreateLabel(), wait = p.C.CreateLabel(), loop = p.C.CreateLabel();
            p.C.test(ebx, ebx);
            p.C.jne(other);
            p.C.Label(ref wait);
            p.C.cmp(__dword_ptr[MemoryMap.Data], 0);
            p.C.je(wait);
            p.Exit(5);
            p.C.Label(ref other);
            p.C.mov(ecx, 50_000_000);
            p.C.Label(ref loop);
            p.C.dec(ecx);
            p.C.jne(loop);
            p.C.mov(__dword_ptr[MemoryMap.Data], 1);
            p.Halt();
        }), cpus: 2) with { SingleThread = true });
        Assert.Equal((ExitReason.DebugExit, 5u), (result.Reason, result.Code));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(16)]
    public async Task The_demo_passes(int cpus)
    {
        var result = await Boot.ToEnd(Boot.Options(DemoGuest.Build(), cpus) with { SingleThread = true });
        Assert.Equal((ExitReason.DebugExit, 0u), (result.Reason, result.Code));
    }

    [Fact]
    public async Task The_litmus_of_rewritten_code_passes()
    {
        var result = await Boot.ToEnd(Boot.Options(StaleCode.Build(1000, StalePlace.Alone), cpus: 3) with { SingleThread = true });
        Assert.Equal((ExitReason.DebugExit, 0u), (result.Reason, result.Code));
    }

    [Fact]
    public async Task Spinning_cpus_pause_resume_and_stop()
    {
        await using var vm = Vm.Start(Boot.Options(Boot.Guest(p =>
        {
            var spin = p.C.CreateLabel();
            p.PrintAl();
            p.C.Label(ref spin);
            p.C.jmp(spin);
        }), cpus: 4) with { SingleThread = true });
        Assert.True(await vm.Console.WaitUntilAsync(text => text.Length == 4, Boot.Limit));
        for (var i = 0; i < 5; i++)
        {
            await vm.Machine.PauseAsync().WaitAsync(Boot.Limit);
            vm.Machine.Resume();
        }
        var clock = Stopwatch.StartNew();
        var result = await vm.Machine.StopAsync().WaitAsync(Boot.Limit);
        Assert.True(result is { Reason: ExitReason.Stopped, IsClean: true }, $"{result} after {clock.Elapsed}");
    }

    [Fact]
    public async Task A_reset_and_a_stuck_guest_are_noticed()
    {
        var result = await Boot.ToEnd(Boot.Options(Boot.Guest(p =>
        {
            var again = p.C.CreateLabel();
            p.OnlyTheFirst();
            p.C.cmp(__dword_ptr[MemoryMap.Data], 1);
            p.C.je(again);
            p.C.mov(__dword_ptr[MemoryMap.Data], 1);
            p.Write(0x64, 0xfe);
            p.Halt();
            p.C.Label(ref again);
            p.Halt();
        }), cpus: 3) with { SingleThread = true, RebootOnReset = true });
        Assert.Equal(ExitReason.Stuck, result.Reason);
    }
}
