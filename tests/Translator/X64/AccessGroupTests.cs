using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.X64;

/// <summary>Accesses that share one lookup: on one page, across a page's end, and when the page may be read but not written.</summary>
public sealed unsafe class AccessGroupTests : IDisposable
{
    private readonly X64Machine _machine = new();
    private readonly LiftedProgram _lifted = new();

    private static readonly Instruction[] Pushes =
    [
        Instruction.Create(Code.Push_r64, Register.RAX),
        Instruction.Create(Code.Push_r64, Register.R12),
        Instruction.Create(Code.Add_rm64_r64, Register.RCX, Register.RAX),
        Instruction.Create(Code.Push_r64, Register.RCX),
        Instruction.Create(Code.Pop_r64, Register.RDX),
    ];

    [Theory]
    [InlineData(4096 + 64, true, 0)]
    [InlineData(4096 + 64, false, 4)]
    // The third push crosses into the lower page, which is mapped too; nothing is slow but the group's check.
    [InlineData(4096 + 16, true, 0)]
    // A push itself crosses the boundary.
    [InlineData(4096 + 12, true, 1)]
    public void Pushes_and_a_pop_agree(int stack, bool mapped, int slow)
    {
        if (mapped) _machine.MapAll();
        var tb = _machine.Emit(_lifted.Lift(Pushes));
        var state = _machine.State;
        (state->Gpr[0], state->Gpr[12], state->Gpr[1], state->Gpr[4]) = (11, 22, 33, (ulong)_machine.Ram + (ulong)stack);
        _machine.Run(tb);
        var words = (ulong*)(_machine.Ram + stack - 24);
        Assert.Equal((44ul, 22ul, 11ul, 44ul), (words[0], words[1], words[2], state->Gpr[2]));
        Assert.Equal((ulong)_machine.Ram + (ulong)stack - 16, state->Gpr[4]);
        Assert.Equal(slow, _machine.HelperCalls.Count);
    }

    [Fact]
    public void A_read_before_a_write_on_a_protected_page_stays_fast_and_only_the_write_is_slow()
    {
        _machine.Map(_machine.Ram, write: false);
        var at = new MemoryOperand(Register.RDI, Register.None, 1, 0, 0);
        var tb = _machine.Emit(_lifted.Lift(
        [
            Instruction.Create(Code.Mov_r32_rm32, Register.EAX, at),
            Instruction.Create(Code.Not_rm32, Register.EAX),
            Instruction.Create(Code.Mov_rm32_r32, at, Register.EAX),
        ]));
        *(uint*)_machine.Ram = 0x0f0f0f0f;
        _machine.State->Gpr[7] = (ulong)_machine.Ram;
        _machine.Run(tb);
        Assert.Equal(0xf0f0f0f0u, *(uint*)_machine.Ram);
        Assert.Equal(HelperId.StoreSlow, Assert.Single(_machine.HelperCalls).Id);
    }

    [Fact]
    public void A_fault_in_the_middle_leaves_what_came_before_done()
    {
        // The upper page is writable, the lower one is not: the second push faults.
        _machine.Map(_machine.Ram + 4096);
        var tb = _machine.Emit(_lifted.Lift(Pushes));
        _machine.OnHelper = (_, _, _, _) =>
        {
            _machine.Cpu.LeaveAfterHelper(TbExitReason.Exception);
            return 0;
        };
        (_machine.State->Gpr[0], _machine.State->Gpr[4]) = (11, (ulong)_machine.Ram + 4096 + 8);
        Assert.Equal(TbExitReason.Exception, _machine.Run(tb).Reason);
        Assert.Equal(11ul, *(ulong*)(_machine.Ram + 4096));
        Assert.Equal((ulong)_machine.Ram + 4096, _machine.State->Gpr[4]);
        Assert.Equal(1, Cache.UnwindTable.Find(tb.Unwind, (int)(_machine.State->HostReturn - tb.Entry)));
    }

    public void Dispose() => _machine.Dispose();
}
