using Iced.Intel;
using Tcg.Mttcg.Actors.Hosting;
using Tcg.Mttcg.Actors.Life;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Actors.Tests.Hosting;

/// <summary>Code that one processor changes and another runs.</summary>
public class CodeLitmusTests
{
    private const int Shared = 0x30000, Mine = Shared, Theirs = Shared + 0x40, Result = Shared + 0x80, Target = Shared + 0xc0, Enough = Shared + 0x100;
    private const int Pool = 14;

    // mov eax, imm32; ret in real mode, its first byte at the page's start.
    private const uint MovEax = 0xb866;

    // Waits for each phase, calls the page while it is rewritten, says so; then serialises and calls it again.
    private static byte[] Runner(bool secondStub) => Guest.Assemble(16, 0, a =>
    {
        var loop = a.CreateLabel();
        a.mov(ax, 0x4000);
        a.mov(ss, ax);
        a.mov(sp, 0xfff0);
        a.mov(ax, Shared >> 4);
        a.mov(ds, ax);
        a.xor(esi, esi);
        a.Label(ref loop);
        Phase(a);
        if (secondStub)
        {
            a.mov(bx, __word_ptr[Target - Shared]);
            a.add(bx, 0x80);
            a.call(bx);
        }
        a.mov(bx, __word_ptr[Target - Shared]);
        a.call(bx);
        a.mov(__dword_ptr[Theirs - Shared], esi);
        Phase(a);
        a.xor(eax, eax);
        a.cpuid();
        a.mov(bx, __word_ptr[Target - Shared]);
        a.call(bx);
        a.mov(__dword_ptr[Result - Shared], eax);
        a.mov(__dword_ptr[Theirs - Shared], esi);
        a.jmp(loop);
    });

    private static void Phase(Assembler a)
    {
        var wait = a.CreateLabel();
        var go = a.CreateLabel();
        a.inc(esi);
        a.Label(ref wait);
        a.cmp(__dword_ptr[Mine - Shared], esi);
        a.je(go);
        a.pause();
        a.jmp(wait);
        a.Label(ref go);
    }

    private static void Await(Assembler a)
    {
        var wait = a.CreateLabel();
        var go = a.CreateLabel();
        a.Label(ref wait);
        a.cmp(__dword_ptr[Theirs], esi);
        a.je(go);
        a.pause();
        a.jmp(wait);
        a.Label(ref go);
    }

    // EBP counts rounds down, R13 stale results; EDI is what this round writes.
    private static MachineOptions Rounds(int rounds, bool secondStub, BackEndKind backEnd) => Guest.Options(a =>
    {
        var round = a.CreateLabel();
        var fine = a.CreateLabel();
        var drop = a.CreateLabel();
        var end = a.CreateLabel();
        a.StartOthers(Runner(secondStub));
        a.mov(ebp, rounds);
        a.xor(r13d, r13d);
        a.xor(esi, esi);
        a.xor(r14d, r14d);
        a.mov(edi, 1);

        a.Label(ref round);
        a.inc(r14d);
        a.xor(edx, edx);
        a.mov(eax, r14d);
        a.mov(ecx, Pool);
        a.div(ecx);
        a.lea(ebx, __[rdx + 1]);
        a.shl(ebx, 12);
        a.mov(__word_ptr[Target], bx);
        a.lea(r8, __[rbx + (Guest.ApPage << 12)]);
        a.mov(__word_ptr[r8], (ushort)MovEax);
        a.mov(__dword_ptr[r8 + 2], edi);
        a.mov(__byte_ptr[r8 + 6], 0xc3);
        a.mov(__byte_ptr[r8 + 0x80], 0xc3);
        if (!secondStub)
        {
            // Enough stores for a page without code to lose its protection: the next translation begins from nothing.
            a.mov(ecx, 8);
            a.Label(ref drop);
            a.mov(__byte_ptr[r8 + 0x100], cl);
            a.dec(ecx);
            a.jnz(drop);
        }
        a.inc(esi);
        a.inc(edi);
        a.mov(__dword_ptr[Mine], esi);
        // Anywhere within the other's translation.
        a.mov(ecx, r14d);
        a.imul(ecx, ecx, 37);
        a.and(ecx, 0xfff);
        var delay = a.CreateLabel();
        a.Label(ref delay);
        a.sub(ecx, 1);
        a.jns(delay);
        a.mov(__dword_ptr[r8 + 2], edi);
        Await(a);
        a.inc(esi);
        a.mov(__dword_ptr[Mine], esi);
        Await(a);
        a.cmp(__dword_ptr[Result], edi);
        a.je(fine);
        a.inc(r13d);
        a.Label(ref fine);
        a.cmp(__dword_ptr[Enough], 0);
        a.jne(end);
        a.dec(ebp);
        a.jnz(round);
        a.Label(ref end);
        a.mov(eax, r13d);
        a.Exit();
    }, cpus: 2, backEnd);

    [Theory]
    [InlineData(false, BackEndKind.Jit)]
    [InlineData(true, BackEndKind.Jit)]
    [InlineData(false, BackEndKind.Interpreter)]
    public void Code_rewritten_while_another_processor_translates_it_is_never_run_stale(bool secondStub, BackEndKind backEnd)
    {
        var asked = Environment.GetEnvironmentVariable("MTTCG_LITMUS_ROUNDS");
        using var machine = new EmulatedMachine(Rounds(int.Parse(asked ?? "100000"), secondStub, backEnd));
        machine.Start();
        // As many rounds as a busy host allows, unless a number was asked for.
        if (!machine.Completion.Wait(asked is null ? TimeSpan.FromSeconds(2) : Timeout.InfiniteTimeSpan)) machine.Memory.TryWrite(new(Enough), 1u);
        Guest.AwaitEnd(machine);
        var result = machine.Completion.Result;
        Assert.Equal((ExitReason.DebugExit, 0u), (result.Reason, result.Code));
    }

    [Fact]
    public void Code_far_larger_than_the_buffer_runs_right_while_regions_retire_one_by_one()
    {
        const int Steps = 12_000, Passes = 3;
        var others = Guest.Assemble(16, 0, a =>
        {
            var loop = a.CreateLabel();
            a.Label(ref loop);
            a.jmp(loop);
        });
        var options = Guest.Options(a =>
        {
            var pass = a.CreateLabel();
            a.StartOthers(others);
            a.xor(eax, eax);
            a.mov(ebp, Passes);
            a.Label(ref pass);
            for (var i = 0; i < Steps; i++)
            {
                var next = a.CreateLabel();
                a.add(eax, i & 0xff);
                a.jmp(next);
                a.Label(ref next);
            }
            a.dec(ebp);
            a.jnz(pass);
            a.Exit();
        }, cpus: 3) with { CodeBytes = 512 << 10 };
        using var machine = new EmulatedMachine(options);
        machine.Start();
        Guest.AwaitEnd(machine);
        var sum = (uint)(Enumerable.Range(0, Steps).Sum(i => i & 0xff) * Passes);
        Assert.Equal((ExitReason.DebugExit, sum), (machine.Completion.Result.Reason, machine.Completion.Result.Code));
        Assert.True(machine.Counters.Regions.Retirements > 8, $"{machine.Counters.Regions.Retirements} retirements");
    }

    [Fact]
    public void Locked_instructions_across_pages_are_atomic_among_all_processors()
    {
        const int Each = 300;
        // Four bytes over two pages, seen by real mode as 0x3000:0x0ffe.
        var others = Guest.Assemble(16, 0, a =>
        {
            var loop = a.CreateLabel();
            var halt = a.CreateLabel();
            a.mov(ax, Shared >> 4);
            a.mov(ds, ax);
            a.mov(cx, Each);
            a.Label(ref loop);
            a.@lock.inc(__dword_ptr[0xffe]);
            a.dec(cx);
            a.jnz(loop);
            a.@lock.inc(__word_ptr[0x40]);
            a.Label(ref halt);
            a.hlt();
            a.jmp(halt);
        });
        var result = Guest.Run(Guest.Options(a =>
        {
            var loop = a.CreateLabel();
            var wait = a.CreateLabel();
            a.StartOthers(others);
            a.mov(ecx, Each);
            a.Label(ref loop);
            a.@lock.inc(__dword_ptr[Shared + 0xffe]);
            a.dec(ecx);
            a.jnz(loop);
            a.Label(ref wait);
            a.pause();
            a.cmp(__word_ptr[Theirs], 2);
            a.jne(wait);
            a.mov(eax, __dword_ptr[Shared + 0xffe]);
            a.Exit();
        }, cpus: 3));
        Assert.Equal((ExitReason.DebugExit, 3u * Each), (result.Reason, result.Code));
    }
}
