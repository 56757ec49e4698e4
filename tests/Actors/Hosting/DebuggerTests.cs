using Tcg.Mttcg.Actors.Hosting;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Runtime;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Actors.Tests.Hosting;

/// <summary>What a debugger sees of two processors that run at full speed.</summary>
public class DebuggerTests
{
    private const int Rax = 0, Rdx = 2, Rsi = 6;

    [Theory]
    [InlineData(BackEndKind.Jit)]
    [InlineData(BackEndKind.Interpreter)]
    public async Task A_breakpoint_in_a_hot_chained_loop_stops_before_each_pass_and_the_loop_is_fast_again_without_it(BackEndKind backEnd)
    {
        await using var guest = await DebugGuest.Start(backEnd);
        await guest.Machine.InsertBreakpointAsync(new GuestVirtual(guest.IncRdx)).WaitAsync(Guest.Wait);
        var passes = 0UL;
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(new DebugStop(0, DebugStopKind.Breakpoint, guest.IncRdx, new GuestVirtual(guest.IncRdx)), await guest.Stop());
            Assert.Equal(guest.Gpr(0, Rdx) + 1, guest.Gpr(0, Rax));
            if (i > 0) Assert.Equal(passes + 1, guest.Gpr(0, Rdx));
            passes = guest.Gpr(0, Rdx);
            guest.Machine.Resume();
        }
        await guest.Stop();
        await guest.Machine.RemoveBreakpointAsync(new GuestVirtual(guest.IncRdx)).WaitAsync(Guest.Wait);
        guest.Machine.Resume();
        await Advances(guest, 0, Rdx, 1000);
        var executor = guest.Machine.Counters.Vcpus[0].Executor;
        var (dispatches, translations, from) = (executor.Dispatches, executor.Translations, guest.Gpr(0, Rdx));
        await Advances(guest, 0, Rdx, 200_000);
        Assert.InRange(executor.Dispatches - dispatches, 0, (long)(guest.Gpr(0, Rdx) - from) / 20);
        Assert.Equal(translations, executor.Translations);
        await guest.End();
    }

    [Theory]
    [InlineData(BackEndKind.Jit)]
    [InlineData(BackEndKind.Interpreter)]
    public async Task A_breakpoint_set_while_another_processor_runs_over_it_kills_the_blocks_there_and_nothing_else(BackEndKind backEnd)
    {
        await using var guest = await DebugGuest.Start(backEnd);
        var memory = guest.Machine.Counters.Memory;
        var first = guest.Machine.Counters.Vcpus[0].Executor;
        var (killed, flushes, retired, translations) = (memory.BlocksKilled, memory.Flushes, guest.Machine.Counters.Regions.Retirements, first.Translations);
        await guest.Machine.InsertBreakpointAsync(new GuestVirtual(guest.StoreCount)).WaitAsync(Guest.Wait);
        for (var i = 0; i < 3; i++)
        {
            var stop = await guest.Stop();
            Assert.Equal((1, DebugStopKind.Breakpoint, new GuestVirtual(guest.StoreCount)), (stop.Cpu, stop.Kind, stop.Address));
            Assert.Equal(guest.Gpr(1, Rsi), guest.Word(DebugGuest.Count) + 1);
            guest.Machine.Resume();
        }
        await guest.Stop();
        // The block that came into the loop from above, and the loop's own.
        Assert.Equal(2, memory.BlocksKilled - killed);
        Assert.Equal((flushes, retired), (memory.Flushes, guest.Machine.Counters.Regions.Retirements));
        Assert.Equal(translations, first.Translations);
        await guest.Machine.RemoveBreakpointAsync(new GuestVirtual(guest.StoreCount)).WaitAsync(Guest.Wait);
        guest.Machine.Resume();
        await guest.End();
    }

    [Theory]
    [InlineData(BackEndKind.Jit)]
    [InlineData(BackEndKind.Interpreter)]
    public async Task A_write_watchpoint_stops_behind_each_store_to_its_bytes_and_at_no_other_on_the_page(BackEndKind backEnd)
    {
        await using var guest = await DebugGuest.Start(backEnd);
        var watched = new Watchpoint(new GuestVirtual(DebugGuest.Rare + 2), 2, WatchKind.Write);
        await guest.Machine.InsertWatchpointAsync(watched.Start, watched.Length, watched.Kind).WaitAsync(Guest.Wait);
        var before = 0UL;
        for (var i = 0; i < 4; i++)
        {
            var stop = await guest.Stop();
            Assert.Equal(new DebugStop(1, DebugStopKind.Watchpoint, guest.AfterRare & 0xfff, watched.Start, watched), stop);
            Assert.Equal(guest.Gpr(1, Rsi), guest.Word(DebugGuest.Rare));
            if (i > 0) Assert.Equal(before + 0x100, guest.Gpr(1, Rsi));
            before = guest.Gpr(1, Rsi);
            guest.Machine.Resume();
        }
        await guest.Stop();
        await guest.Machine.RemoveWatchpointAsync(watched.Start, watched.Length, watched.Kind).WaitAsync(Guest.Wait);
        guest.Machine.Resume();
        await Advances(guest, 1, Rsi, 10_000);
        Assert.False(guest.Machine.DebugStops.TryRead(out _));
        await guest.End();
    }

    [Theory]
    [InlineData(BackEndKind.Jit)]
    [InlineData(BackEndKind.Interpreter)]
    public async Task A_read_watchpoint_stops_behind_the_load_and_a_write_watchpoint_there_does_not(BackEndKind backEnd)
    {
        await using var guest = await DebugGuest.Start(backEnd);
        var start = new GuestVirtual(Guest.Shared);
        await guest.Machine.InsertWatchpointAsync(start, 4, WatchKind.Write).WaitAsync(Guest.Wait);
        await Advances(guest, 0, Rdx, 1000);
        Assert.False(guest.Machine.DebugStops.TryRead(out _));
        await guest.Machine.InsertWatchpointAsync(start, 4, WatchKind.Read).WaitAsync(Guest.Wait);
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(new DebugStop(0, DebugStopKind.Watchpoint, guest.AfterLoad, start, new Watchpoint(start, 4, WatchKind.Read)), await guest.Stop());
            guest.Machine.Resume();
        }
        await guest.Stop();
        await guest.Machine.RemoveWatchpointAsync(start, 4, WatchKind.Read).WaitAsync(Guest.Wait);
        guest.Machine.Resume();
        await guest.End();
    }

    [Theory]
    [InlineData(BackEndKind.Jit)]
    [InlineData(BackEndKind.Interpreter)]
    public async Task One_processor_steps_over_a_breakpoint_while_the_other_stands_still(BackEndKind backEnd)
    {
        await using var guest = await DebugGuest.Start(backEnd);
        await guest.Machine.InsertBreakpointAsync(new GuestVirtual(guest.IncRdx)).WaitAsync(Guest.Wait);
        await guest.Stop();
        var (passes, other) = (guest.Gpr(0, Rdx), guest.Gpr(1, Rsi));
        Assert.Equal(new DebugStop(0, DebugStopKind.Step, guest.AfterIncRdx, new GuestVirtual(guest.AfterIncRdx)), await Step(guest));
        Assert.Equal(passes + 1, guest.Gpr(0, Rdx));
        Assert.Equal(guest.AfterLoad, (await Step(guest)).Rip);
        // Once around: the breakpoint's instruction is not run by stepping up to it, and a vCPU shown there goes on from there.
        var steps = 0;
        while ((await Step(guest)).Rip != guest.IncRdx) steps++;
        Assert.InRange(steps, 3, 6);
        Assert.Equal(passes + 1, guest.Gpr(0, Rdx));
        Assert.Equal(other, guest.Gpr(1, Rsi));
        guest.Machine.Resume();
        Assert.Equal(DebugStopKind.Breakpoint, (await guest.Stop()).Kind);
        Assert.Equal(passes + 2, guest.Gpr(0, Rdx));
        await guest.Machine.RemoveBreakpointAsync(new GuestVirtual(guest.IncRdx)).WaitAsync(Guest.Wait);
        guest.Machine.Resume();
        await Advances(guest, 1, Rsi, 1);
        await guest.End();
    }

    // The guest's own DR0 is at the instruction behind the debugger's breakpoint; its handler counts in R8 and sets RF.
    [Theory]
    [InlineData(BackEndKind.Jit)]
    [InlineData(BackEndKind.Interpreter)]
    public async Task A_guest_s_own_breakpoint_is_the_guest_s_beside_the_debugger_s(BackEndKind backEnd)
    {
        const ulong Idt = Guest.Shared + 0x1000;
        var addresses = new ulong[2];
        var code = DebugGuest.Encode(a =>
        {
            var (handler, mine, its) = (a.CreateLabel(), a.CreateLabel(), a.CreateLabel());
            a.mov(rsp, Guest.Shared + 0x8000);
            a.lea(rax, __[handler]);
            a.mov(rbx, Idt);
            a.mov(__word_ptr[rbx + 16], ax);
            a.mov(__word_ptr[rbx + 18], cs);
            a.mov(__word_ptr[rbx + 20], 0x8e00);
            a.shr(rax, 16);
            a.mov(__dword_ptr[rbx + 22], eax);
            a.mov(__word_ptr[rbx - 16], 0xfff);
            a.mov(__qword_ptr[rbx - 14], rbx);
            a.lidt(__[rbx - 16]);
            a.lea(rax, __[its]);
            a.mov(dr0, rax);
            a.mov(eax, 1);
            a.mov(dr7, rax);
            a.xor(r8d, r8d);
            a.xor(edx, edx);
            a.Label(ref mine);
            a.inc(rdx);
            a.Label(ref its);
            a.inc(r9);
            a.jmp(mine);
            a.Label(ref handler);
            a.inc(r8);
            a.or(__dword_ptr[rsp + 16], 0x10000);
            a.iretq();
            return [mine, its];
        }, Guest.Entry, addresses);
        await using var machine = new EmulatedMachine(Guest.Options(a => a.db(code), backEnd: backEnd));
        await machine.InsertBreakpointAsync(new GuestVirtual(addresses[0])).WaitAsync(Guest.Wait);
        machine.Start();
        for (var pass = 0UL; pass < 4; pass++)
        {
            using var limit = new CancellationTokenSource(Guest.Wait);
            Assert.Equal((DebugStopKind.Breakpoint, addresses[0]), await machine.DebugStops.ReadAsync(limit.Token) is var stop ? (stop.Kind, stop.Rip) : default);
            Assert.Equal((pass, pass), (DebugGuest.Gpr(machine, 0, Rdx), DebugGuest.Gpr(machine, 0, 8)));
            machine.Resume();
        }
    }

    [Fact]
    public async Task A_machine_that_was_not_started_steps_from_its_first_instruction()
    {
        await using var machine = new EmulatedMachine(Guest.Options(a =>
        {
            a.nop();
            a.hlt();
        }));
        Assert.Equal(Guest.Entry + 1, (await machine.StepAsync(0).WaitAsync(Guest.Wait)).Rip);
        Assert.Equal(Guest.Entry + 2, (await machine.StepAsync(0).WaitAsync(Guest.Wait)).Rip);
        // It halts: nothing runs.
        Assert.Equal(Guest.Entry + 2, (await machine.StepAsync(0).WaitAsync(Guest.Wait)).Rip);
    }

    private static Task<DebugStop> Step(DebugGuest guest) => guest.Machine.StepAsync(0).WaitAsync(Guest.Wait);

    // The register grows by so much while the machine runs.
    private static async Task Advances(DebugGuest guest, int cpu, int register, ulong by)
    {
        ulong from = 0, now = 0;
        await guest.Machine.RunAloneAsync(() => from = guest.Gpr(cpu, register)).WaitAsync(Guest.Wait);
        do
        {
            await Task.Yield();
            await guest.Machine.RunAloneAsync(() => now = guest.Gpr(cpu, register)).WaitAsync(Guest.Wait);
        }
        while (now - from < by);
    }
}
