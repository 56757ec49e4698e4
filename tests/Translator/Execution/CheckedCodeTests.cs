using Iced.Intel;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Pages;
using Tcg.Mttcg.SelfTest.Machines;
using Tcg.Mttcg.Translator.Runtime;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Translator.Tests.Execution;

/// <summary>Code with bytes that nobody is asked about: it compares them itself.</summary>
public sealed unsafe class CheckedCodeTests
{
    private const ulong FunctionAt = 0x300000;

    // mov eax, imm32; ret
    private static readonly byte[] Function = [0xb8, 0, 0, 0, 0, 0xc3];

    public static TheoryData<Engine> Engines() => [.. Enum.GetValues<Engine>()];

    private static TestMachine With(Engine engine, int from, int length, ExecutorOptions? options = null)
    {
        var machine = TestMachine.With(engine, options ?? new ExecutorOptions { RestlessAfter = int.MaxValue });
        Function.CopyTo(machine.Ram(FunctionAt, Function.Length));
        Check(machine, FunctionAt + (ulong)from, length);
        return machine;
    }

    /// <summary>As the owner of coherence publishes it: these bytes are checked, and no store to the page asks.</summary>
    private static void Check(TestMachine machine, ulong address, int length)
    {
        var page = machine.Cpu.Ports.Stores.Pages.FindOrAllocate(new RamOffset(address).Page);
        page.Checked = new SmcBitmap();
        page.Checked.Add((int)(address % PageSize.Bytes), length);
        page.Bitmap = new SmcBitmap();
    }

    private static SliceEnd PatchAndCall(TestMachine machine, int times) => machine.Run(c =>
    {
        var again = c.CreateLabel();
        c.mov(edi, (int)FunctionAt);
        c.xor(ebx, ebx);
        c.mov(ecx, times);
        c.Label(ref again);
        c.mov(__dword_ptr[rdi + 1], ecx);
        c.call(rdi);
        c.add(rbx, rax);
        c.call(rdi);
        c.add(rbx, rax);
        c.dec(ecx);
        c.jne(again);
    });

    [Theory, MemberData(nameof(Engines))]
    public void Each_change_is_seen_and_costs_one_translation_and_no_message(Engine engine)
    {
        using var machine = With(engine, 0, 8);
        PatchAndCall(machine, 100);
        Assert.Equal(2u * 5050, machine.State->Gpr[3]);
        Assert.Equal(0, machine.Coherence.CodeWrites);
        // The first entry finds the bytes that it is made from.
        Assert.Equal(99, machine.Executor.Counters.ChangedBlocks);
        Assert.InRange(machine.Executor.Counters.Translations, 100, 112);
    }

    [Theory, MemberData(nameof(Engines))]
    public void Checked_bytes_in_the_middle_of_code_are_a_block_of_their_own(Engine engine)
    {
        using var machine = With(engine, 1, 1);
        PatchAndCall(machine, 100);
        Assert.Equal(2u * 5050, machine.State->Gpr[3]);
        // MOV alone is made anew; RET, and what calls, stays.
        Assert.InRange(machine.Executor.Counters.TranslatedInstructions, 100, 130);
    }

    [Theory, MemberData(nameof(Engines))]
    public void Code_over_two_pages_compares_on_both(Engine engine)
    {
        using var machine = With(engine, 0, 1);
        const ulong across = FunctionAt + PageSize.Bytes - 3;
        Function.CopyTo(machine.Ram(across, Function.Length));
        Check(machine, across, 3);
        Check(machine, across + 3, 3);
        machine.Run(c =>
        {
            c.mov(edi, unchecked((int)across));
            c.call(rdi);
            c.mov(__byte_ptr[rdi + 1], 1);
            c.call(rdi);
            c.mov(ebx, eax);
            c.mov(__byte_ptr[rdi + 4], 1);
            c.call(rdi);
        });
        Assert.Equal((1u, 0x01000001u), ((uint)machine.State->Gpr[3], (uint)machine.State->Gpr[0]));
        Assert.Equal(2, machine.Executor.Counters.ChangedBlocks);
    }

    [Theory, MemberData(nameof(Engines))]
    public void A_store_into_the_running_block_takes_effect_on_the_next_instruction(Engine engine)
    {
        using var machine = With(engine, 0, 1);
        Check(machine, TestMachine.CodeAt, 64);
        machine.Run(c =>
        {
            var target = c.CreateLabel();
            c.lea(rax, __[target]);
            c.mov(__byte_ptr[rax + 1], 9);
            c.Label(ref target);
            c.mov(ecx, 1);
        });
        Assert.Equal(9u, machine.State->Gpr[1]);
        Assert.Equal((0, 1), (machine.Coherence.CodeWrites, machine.Executor.Counters.SelfModifications));
    }

    [Theory, MemberData(nameof(Engines))]
    public void A_loop_on_itself_compares_in_every_round(Engine engine)
    {
        using var machine = With(engine, 0, 1);
        Check(machine, TestMachine.CodeAt, 64);
        machine.Run(c =>
        {
            var again = c.CreateLabel();
            c.xor(eax, eax);
            c.mov(ecx, 10);
            c.lea(rdi, __[again]);
            c.Label(ref again);
            c.add(eax, 0x01000000);
            c.mov(__dword_ptr[rdi + 1], ecx);
            c.dec(ecx);
            c.jne(again);
        });
        Assert.Equal(0x01000000u + 54, (uint)machine.State->Gpr[0]);
    }

    [Theory, MemberData(nameof(Engines))]
    public void Restless_code_is_run_uncached_until_it_is_calm(Engine engine)
    {
        using var machine = With(engine, 0, 8, new ExecutorOptions { RestlessAfter = 3, RestlessWithin = TimeSpan.FromHours(1), CalmAfter = 2 });
        machine.Run(c =>
        {
            Label again = c.CreateLabel(), calm = c.CreateLabel();
            c.mov(edi, (int)FunctionAt);
            c.mov(ecx, 100);
            c.Label(ref again);
            c.mov(__dword_ptr[rdi + 1], ecx);
            c.call(rdi);
            c.add(rbx, rax);
            c.dec(ecx);
            c.jne(again);
            c.mov(ecx, 100);
            c.Label(ref calm);
            c.call(rdi);
            c.add(rbx, rax);
            c.dec(ecx);
            c.jne(calm);
        });
        Assert.Equal(5050u + 100, machine.State->Gpr[3]);
        // Changes 1 to 3 are translated; 96 runs in which it changes, and one with the same bytes, are not; the next one is.
        Assert.Equal(97, machine.Executor.Counters.RestlessRuns);
        Assert.Equal(101, machine.Executor.Counters.ChangedBlocks);
    }
}
