using System.Diagnostics;
using Tcg.Mttcg.Actors.Hosting;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Guests.BareMetal;
using Tcg.Mttcg.Guests.Tests.Support;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Tests.Machines;

/// <summary>Every way in which a guest ends its machine, and the plug that ends it from outside.</summary>
public class EndingTests
{
    private const ushort Pm1Control = 0x604, SoftOff = 0x2000;

    [Theory]
    [InlineData(1, BackEndKind.Jit)]
    [InlineData(4, BackEndKind.Jit)]
    [InlineData(2, BackEndKind.Interpreter)]
    public async Task A_guest_that_switches_off_ends_as_powered_off(int cpus, BackEndKind backEnd)
    {
        var result = await Boot.ToEnd(Boot.Options(Boot.Guest(p =>
        {
            p.OnlyTheFirst();
            p.Write(Pm1Control, SoftOff);
            p.Halt();
        }), cpus) with { BackEnd = backEnd });
        Assert.Equal((ExitReason.PoweredOff, true), (result.Reason, result.IsClean));
    }

    [Fact]
    public async Task The_last_words_before_the_end_are_on_the_console()
    {
        await using var vm = Vm.Start(Boot.Options(Boot.Guest(p =>
        {
            p.Print("farewell");
            p.Exit(21);
        })));
        var result = await vm.ToEnd();
        Assert.Equal((ExitReason.DebugExit, 21u), (result.Reason, result.Code));
        Assert.Equal("farewell", vm.Console.Text);
    }

    [Theory]
    [InlineData(BackEndKind.Jit)]
    [InlineData(BackEndKind.Interpreter)]
    public async Task A_triple_fault_ends_with_the_registers_of_the_faulting_instruction(BackEndKind backEnd)
    {
        // The interrupt table is empty, so the fault of UD2 cannot be delivered, nor the double fault.
        var result = await Boot.ToEnd(Boot.Options(Boot.Guest(p =>
        {
            p.OnlyTheFirst();
            p.C.mov(r14, 0x00c0ffee12345678);
            p.C.ud2();
        }), cpus: 2) with { BackEnd = backEnd });
        Assert.Equal(ExitReason.TripleFault, result.Reason);
        Assert.Contains("vCPU 0: triple fault", result.Diagnosis);
        Assert.Contains("00c0ffee12345678", result.Diagnosis);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task A_guest_whose_cpus_all_halt_with_interrupts_off_is_stuck(int cpus)
    {
        var result = await Boot.ToEnd(Boot.Options(Boot.Guest(p => p.Halt()), cpus));
        Assert.Equal(ExitReason.Stuck, result.Reason);
        Assert.Equal(cpus, result.Diagnosis!.Split("RIP=").Length - 1);
    }

    [Fact]
    public async Task A_guest_that_resets_begins_anew_when_reboots_are_wanted()
    {
        var result = await Boot.ToEnd(Boot.Options(ResetsOnce(), cpus: 2) with { RebootOnReset = true });
        Assert.Equal((ExitReason.DebugExit, 7u), (result.Reason, result.Code));
    }

    [Fact]
    public async Task A_guest_that_resets_ends_when_reboots_are_not_wanted()
    {
        var result = await Boot.ToEnd(Boot.Options(ResetsOnce(), cpus: 2) with { RebootOnReset = false });
        Assert.Equal(ExitReason.Reset, result.Reason);
    }

    [Theory]
    [InlineData(BackEndKind.Jit)]
    [InlineData(BackEndKind.Interpreter)]
    public async Task A_guest_that_spins_for_ever_is_stopped_in_under_a_second(BackEndKind backEnd)
    {
        // The promise is about this machine, not about what else the host does meanwhile: the best of a few.
        var best = TimeSpan.MaxValue;
        for (var attempt = 0; attempt < 5 && best > TimeSpan.FromSeconds(1); attempt++)
        {
            await using var vm = Vm.Start(Boot.Options(Boot.Guest(p =>
            {
                var spin = p.C.CreateLabel();
                p.PrintAl();
                p.C.Label(ref spin);
                p.C.jmp(spin);
            }), cpus: 2) with { BackEnd = backEnd });
            Assert.True(await vm.Console.WaitUntilAsync(text => text.Length == 2, Boot.Limit));
            var clock = Stopwatch.StartNew();
            var result = await vm.Machine.StopAsync();
            if (clock.Elapsed < best) best = clock.Elapsed;
            Assert.Equal((ExitReason.Stopped, true), (result.Reason, result.IsClean));
        }
        Assert.InRange(best, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    // By the keyboard controller; RAM outside the image tells the two lives apart.
    private static GuestImage ResetsOnce() => Boot.Guest(p =>
    {
        var again = p.C.CreateLabel();
        p.OnlyTheFirst();
        p.C.cmp(__dword_ptr[MemoryMap.Data], 1);
        p.C.je(again);
        p.C.mov(__dword_ptr[MemoryMap.Data], 1);
        p.C.mov(al, 0xfe);
        p.C.@out(0x64, al);
        p.Halt();
        p.C.Label(ref again);
        p.Exit(7);
    });
}
