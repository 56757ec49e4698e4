using System.Diagnostics;
using Iced.Intel;
using Tcg.Mttcg.Actors.Hosting;
using Tcg.Mttcg.Actors.Life;
using Tcg.Mttcg.Machine.Boot;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Actors.Tests.Hosting;

public class EmulatedMachineTests
{
    [Theory]
    [InlineData(BackEndKind.Jit)]
    [InlineData(BackEndKind.Interpreter)]
    public void A_guest_computes_and_ends_with_its_own_code(BackEndKind backEnd)
    {
        var result = Guest.Run(Guest.Options(a =>
        {
            var loop = a.CreateLabel();
            a.mov(ecx, 1000);
            a.xor(eax, eax);
            a.Label(ref loop);
            a.add(eax, ecx);
            a.dec(ecx);
            a.jnz(loop);
            a.Exit();
        }, backEnd: backEnd));
        Assert.Equal((ExitReason.DebugExit, 500_500u), (result.Reason, result.Code));
    }

    [Theory]
    [InlineData(BackEndKind.Jit)]
    [InlineData(BackEndKind.Interpreter)]
    public void Other_processors_start_by_init_and_sipi_and_count_atomically(BackEndKind backEnd)
    {
        const int Cpus = 4, Each = 500;
        var others = Guest.Assemble(16, Guest.ApPage << 12, a =>
        {
            // The counter lies in this page's last words.
            var loop = a.CreateLabel();
            var halt = a.CreateLabel();
            a.mov(ax, cs);
            a.mov(ds, ax);
            a.mov(cx, Each);
            a.Label(ref loop);
            a.@lock.inc(__word_ptr[0xff0]);
            a.dec(cx);
            a.jnz(loop);
            a.@lock.inc(__word_ptr[0xff8]);
            a.Label(ref halt);
            a.hlt();
            a.jmp(halt);
        });
        var result = Guest.Run(Guest.Options(a =>
        {
            var wait = a.CreateLabel();
            a.StartOthers(others);
            a.Label(ref wait);
            a.pause();
            a.cmp(__word_ptr[(Guest.ApPage << 12) + 0xff8], Cpus - 1);
            a.jne(wait);
            a.movzx(eax, __word_ptr[(Guest.ApPage << 12) + 0xff0]);
            a.Exit();
        }, Cpus, backEnd));
        Assert.Equal((ExitReason.DebugExit, (uint)((Cpus - 1) * Each)), (result.Reason, result.Code));
    }

    [Fact]
    public void A_triple_fault_ends_the_machine_with_the_registers()
    {
        var result = Guest.Run(Guest.Options(a =>
        {
            a.mov(r15, 0x1234567890);
            a.mov(rsp, 0);
            a.ud2();
        }));
        Assert.Equal(ExitReason.TripleFault, result.Reason);
        Assert.Contains("0000001234567890", result.Diagnosis);
    }

    [Fact]
    public void A_guest_that_halts_with_interrupts_off_everywhere_is_stuck()
    {
        var result = Guest.Run(Guest.Options(a =>
        {
            a.cli();
            a.hlt();
        }, cpus: 2));
        Assert.Equal(ExitReason.Stuck, result.Reason);
        Assert.Contains("waits for start-up", result.Diagnosis);
    }

    [Fact]
    public void A_machine_stops_while_every_vcpu_runs_an_endless_loop()
    {
        var others = Guest.Assemble(16, Guest.ApPage << 12, a =>
        {
            var loop = a.CreateLabel();
            a.Label(ref loop);
            a.jmp(loop);
        });
        using var machine = new EmulatedMachine(Guest.Options(a =>
        {
            var loop = a.CreateLabel();
            a.StartOthers(others);
            a.Label(ref loop);
            a.inc(rax);
            a.jmp(loop);
        }, cpus: 4));
        machine.Start();
        Assert.True(SpinWait.SpinUntil(() => machine.Counters.Vcpus.All(vcpu => vcpu.Executor.Dispatches > 0), Guest.Wait));
        var clock = Stopwatch.StartNew();
        Assert.True(machine.StopAsync().Wait(Guest.Wait));
        Assert.Equal(ExitReason.Stopped, machine.Completion.Result.Reason);
        Assert.True(machine.Completion.Result.IsClean, $"after {clock.Elapsed}");
    }

    [Fact]
    public async Task Safe_work_sees_every_vcpu_stand_still_and_the_guest_goes_on()
    {
        await using var machine = new EmulatedMachine(Guest.Options(a =>
        {
            var loop = a.CreateLabel();
            a.Label(ref loop);
            a.inc(rax);
            a.cmp(__dword_ptr[Guest.Shared], 0);
            a.je(loop);
            a.mov(eax, __dword_ptr[Guest.Shared]);
            a.Exit();
        }));
        machine.Start();
        ulong first = 0, second = 0;
        await machine.RunAloneAsync(() => first = Rax(machine));
        Assert.True(SpinWait.SpinUntil(() => machine.RunAloneAsync(() => second = Rax(machine)).Wait(Guest.Wait) && second > first, Guest.Wait));
        await machine.PauseAsync();
        var paused = Rax(machine);
        Assert.True(machine.Memory.TryWrite(new(Guest.Shared), 77u));
        Assert.Equal(paused, Rax(machine));
        machine.Resume();
        Assert.Equal(77u, (await machine.Completion.WaitAsync(Guest.Wait)).Code);
    }

    private static unsafe ulong Rax(EmulatedMachine machine) => machine.Cpus[0].State->Gpr[0];

    [Fact]
    public void A_reset_starts_the_guest_anew_with_fresh_code()
    {
        // The first life patches its own exit code in RAM, which the reset loads anew; a flag outside the image tells the lives apart.
        var result = Guest.Run(Guest.Options(a =>
        {
            var second = a.CreateLabel();
            a.cmp(__dword_ptr[Guest.Shared], 1);
            a.je(second);
            a.mov(__dword_ptr[Guest.Shared], 1);
            a.mov(al, 0xfe);
            a.@out(0x64, al);
            var halt = a.CreateLabel();
            a.Label(ref halt);
            a.hlt();
            a.jmp(halt);
            a.Label(ref second);
            a.mov(eax, 42);
            a.Exit();
        }));
        Assert.Equal((ExitReason.DebugExit, 42u), (result.Reason, result.Code));
    }

    [Fact]
    public void Two_machines_in_one_process_do_not_know_of_each_other()
    {
        var results = Enumerable.Range(1, 2).Select(n => Task.Run(() => Guest.Run(Guest.Options(a =>
        {
            var loop = a.CreateLabel();
            a.mov(ecx, 2_000_000);
            a.xor(eax, eax);
            a.Label(ref loop);
            a.add(eax, n);
            a.dec(ecx);
            a.jnz(loop);
            a.Exit();
        })))).ToArray();
        Assert.True(Task.WaitAll(results, Guest.Wait));
        Assert.Equal([2_000_000u, 4_000_000u], results.Select(r => r.Result.Code));
    }

    [Theory]
    [InlineData(0, 16UL << 20, null)]
    [InlineData(1, 1024UL, null)]
    [InlineData(8, 16UL << 20, 64L << 10)]
    public void Impossible_options_are_refused_at_once(int cpus, ulong ram, long? code)
    {
        var options = Guest.Options(a => a.hlt()) with { Cpus = cpus, RamBytes = ram, CodeBytes = code, BackEnd = BackEndKind.Jit };
        Assert.ThrowsAny<ArgumentException>(() => new EmulatedMachine(options));
    }

    [Fact]
    public void An_image_that_cannot_be_booted_is_refused_and_leaves_nothing_behind()
    {
        var options = Guest.Options(a => a.hlt()) with { Boot = new BootRequest(BootSource.FromBytes("garbage", new byte[100])) };
        Assert.Throws<BootImageException>(() => new EmulatedMachine(options));
    }

    [Fact]
    public void A_machine_that_was_never_started_can_be_disposed_twice()
    {
        var machine = new EmulatedMachine(Guest.Options(a => a.hlt()));
        machine.Dispose();
        machine.Dispose();
        Assert.Equal(ExitReason.Stopped, machine.Completion.Result.Reason);
    }
}
