using Tcg.Mttcg.Translator.Host.X64;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.X64;

/// <summary>Heads, jump slots, the jump cache, kill and unlink.</summary>
public sealed unsafe class ControlFlowTests : IDisposable
{
    private readonly X64Machine _machine = new();

    private static readonly Operand Rax = Operand.Gpr(0), Rcx = Operand.Gpr(1), R9 = Operand.Gpr(9);

    private static void Add(IrBlock block, Operand register, ulong value)
    {
        ref var x = ref block.Append(IrOp.Add);
        (x.Size, x.Dst, x.A, x.B, x.SetsFlags) = (OpSize.B64, register, register, block.Constant(value), true);
    }

    private static void Goto(IrBlock block, byte slot, ulong rip)
    {
        ref var x = ref block.Append(IrOp.GotoTb);
        (x.Aux, x.Imm) = (slot, rip);
    }

    private static void Exit(IrBlock block, Operand rip, TbExitReason reason = TbExitReason.Lookup)
    {
        ref var x = ref block.Append(IrOp.ExitTb);
        (x.A, x.Aux) = (rip, (byte)reason);
    }

    private const ulong Elsewhere = X64Machine.CodePc + 0x40;

    /// <summary>add rax, 3; dec rcx; to slot 1 if not zero, else to slot 0.</summary>
    private static IrBlock Counting(ulong taken)
    {
        var block = X64Machine.NewBlock();
        block.Append(IrOp.InsnStart).Imm = X64Machine.CodePc;
        Add(block, Rax, 3);
        ref var dec = ref block.Append(IrOp.Dec);
        (dec.Size, dec.Dst, dec.A, dec.SetsFlags) = (OpSize.B64, Rcx, Rcx, true);
        var label = block.NewLabel();
        ref var branch = ref block.Append(IrOp.BrIf);
        (branch.Cond, branch.Imm) = (Condition.Ne, label);
        Goto(block, 0, X64Machine.CodePc + 16);
        block.Append(IrOp.Label).Imm = label;
        Goto(block, 1, taken);
        return block;
    }

    private static IrBlock Back()
    {
        var block = X64Machine.NewBlock(pc: Elsewhere);
        Goto(block, 0, X64Machine.CodePc);
        return block;
    }

    [Fact]
    public void An_unlinked_slot_leaves_with_its_number_and_target()
    {
        var tb = _machine.Emit(Counting(Elsewhere));
        _machine.State->Gpr[1] = 2;
        var exit = _machine.Run(tb);
        Assert.Equal((tb.Id, TbExitReason.Jump1), (exit.TbId, exit.Reason));
        Assert.Equal(Elsewhere, _machine.State->Rip);

        _machine.State->Gpr[1] = 1;
        exit = _machine.Run(tb);
        Assert.Equal((tb.Id, TbExitReason.Jump0), (exit.TbId, exit.Reason));
        Assert.Equal(X64Machine.CodePc + 16, _machine.State->Rip);
    }

    [Fact]
    public void Linked_blocks_run_without_the_dispatcher_and_an_unlinked_one_leaves_again()
    {
        var tb = _machine.Emit(Counting(Elsewhere));
        var back = _machine.Emit(Back());
        X64Patcher.Link(tb, 1, back);
        X64Patcher.Link(back, 0, tb);
        _machine.State->Gpr[1] = 1000;
        Assert.Equal(TbExitReason.Jump0, _machine.Run(tb).Reason);
        Assert.Equal(3000ul, _machine.State->Gpr[0]);

        X64Patcher.Unlink(tb, 1);
        _machine.State->Gpr[1] = 5;
        Assert.Equal(TbExitReason.Jump1, _machine.Run(tb).Reason);
        Assert.Equal(4ul, _machine.State->Gpr[1]);
    }

    [Fact]
    public void A_block_that_jumps_to_itself_loops_without_a_slot_and_leaves_with_its_flags()
    {
        var tb = _machine.Emit(Counting(X64Machine.CodePc));
        Assert.Equal(0, tb.Jump1.DisplacementOffset);
        Assert.NotEqual(0, tb.LoopOffset);
        _machine.State->Gpr[0] = ulong.MaxValue - 4;
        _machine.State->Gpr[1] = 2;
        Assert.Equal(TbExitReason.Jump0, _machine.Run(tb).Reason);
        // The second addition carries; DEC keeps that and sets ZF and PF.
        Assert.Equal(0x45ul, _machine.Get().Flags);
        Assert.Equal(1ul, _machine.State->Gpr[0]);
    }

    [Fact]
    public void Displacements_and_heads_are_aligned_for_atomic_patching()
    {
        for (var i = 0; i < 20; i++)
        {
            var block = Counting(Elsewhere);
            for (var n = 0; n < i; n++) Add(block, R9, 1ul << n);
            var tb = _machine.Emit(block);
            Assert.Equal(0u, tb.Entry % 16);
            Assert.Equal(0, tb.Jump0.DisplacementOffset % 4);
            Assert.Equal(0, tb.Jump1.DisplacementOffset % 4);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_endless_loop_stops_with_exact_state_when_asked_or_killed(bool kill)
    {
        var block = X64Machine.NewBlock();
        Add(block, Rax, 0x123456789);
        Goto(block, 0, X64Machine.CodePc);
        var tb = _machine.Emit(block);
        Assert.NotEqual(0, tb.LoopOffset);
        var state = (nint)_machine.State;
        using var timer = new Timer(
            _ =>
            {
                if (kill) X64Patcher.Kill(tb);
                else Volatile.Write(ref ((CpuState*)state)->ExitRequest, 1);
            },
            null, 20, Timeout.Infinite);
        var exit = _machine.Run(tb);
        Assert.Equal((tb.Id, TbExitReason.ExitRequest), (exit.TbId, exit.Reason));
        Assert.Equal(X64Machine.CodePc, _machine.State->Rip);
        var rax = _machine.State->Gpr[0];
        Assert.True(rax > 0x123456789);
        var before = rax - 0x123456789;
        ulong flags = 0;
        if (rax < before) flags |= 1;
        if ((System.Numerics.BitOperations.PopCount(rax & 0xff) & 1) == 0) flags |= 4;
        if (((rax ^ before ^ 0x123456789) & 0x10) != 0) flags |= 0x10;
        if ((long)rax < 0) flags |= 0x80;
        if ((long)before >= 0 && (long)rax < 0) flags |= 0x800;
        Assert.Equal(flags, _machine.Get().Flags);
    }

    [Fact]
    public void A_block_without_poll_ignores_the_exit_request()
    {
        var block = X64Machine.NewBlock(TbCompileFlags.NoPoll);
        Exit(block, block.Constant(0x77), TbExitReason.Halt);
        var tb = _machine.Emit(block);
        _machine.State->ExitRequest = 1;
        Assert.Equal(TbExitReason.Halt, _machine.Run(tb).Reason);
        Assert.Equal(0x77ul, _machine.State->Rip);
    }

    [Theory]
    [InlineData(TbCompileFlags.None)]
    [InlineData(TbCompileFlags.NoPoll)]
    public void A_dead_block_leaves_at_its_head(TbCompileFlags flags)
    {
        var block = X64Machine.NewBlock(flags);
        Add(block, Rax, 1);
        Exit(block, block.Constant(1));
        var tb = _machine.Emit(block);
        X64Patcher.Kill(tb);
        var exit = _machine.Run(tb);
        Assert.Equal((tb.Id, TbExitReason.ExitRequest), (exit.TbId, exit.Reason));
        Assert.Equal(X64Machine.CodePc, _machine.State->Rip);
        Assert.Equal(0ul, _machine.State->Gpr[0]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_indirect_jump_goes_through_the_jump_cache(bool constant)
    {
        const ulong target = 0x7fff_1234_5678;
        var destination = X64Machine.NewBlock(pc: target);
        Add(destination, Rcx, 7);
        Exit(destination, destination.Constant(0x99));
        var to = _machine.Emit(destination);

        var block = X64Machine.NewBlock();
        ref var jump = ref block.Append(IrOp.GotoIndirect);
        jump.A = constant ? block.Constant(target) : Rax;
        var tb = _machine.Emit(block);
        _machine.State->Gpr[0] = target;
        var entry = (JumpCacheEntry*)((byte*)_machine.State + CpuLayout.JumpCacheOffset + CpuLayout.JumpCacheSlot(target));

        Assert.Equal(TbExitReason.Lookup, _machine.Run(tb).Reason);
        Assert.Equal(target, _machine.State->Rip);

        *entry = new JumpCacheEntry { Pc = target, Entry = to.Entry, Flags = (uint)block.Context.Flags };
        _machine.Run(tb);
        Assert.Equal(0x99ul, _machine.State->Rip);
        Assert.Equal(7ul, _machine.State->Gpr[1]);

        entry->Flags ^= (uint)TbFlags.Avx;
        Assert.Equal((tb.Id, TbExitReason.Lookup), (_machine.Run(tb).TbId, TbExitReason.Lookup));
        Assert.Equal(target, _machine.State->Rip);
        Assert.Equal(7ul, _machine.State->Gpr[1]);
    }

    [Fact]
    public void No_chain_means_no_slots()
    {
        var block = X64Machine.NewBlock(TbCompileFlags.NoChain);
        Goto(block, 0, 0x42);
        var tb = _machine.Emit(block);
        Assert.Equal(0, tb.Jump0.DisplacementOffset);
        Assert.Equal(TbExitReason.Lookup, _machine.Run(tb).Reason);
        Assert.Equal(0x42ul, _machine.State->Rip);
    }

    [Fact]
    public void A_full_region_says_so_and_an_oversize_block_too()
    {
        using var machine = new X64Machine(codeBytes: 65536);
        EmitOutcome(machine, 400, Host.EmitResult.Emitted);
        EmitOutcome(machine, 20000, Host.EmitResult.RegionFull);
        machine.Region.Reset();
        EmitOutcome(machine, 20000, Host.EmitResult.BlockTooLarge);
        machine.Region.Used = machine.Region.HighWater;
        EmitOutcome(machine, 1, Host.EmitResult.RegionFull);
    }

    private static void EmitOutcome(X64Machine machine, int operations, Host.EmitResult expected)
    {
        var block = X64Machine.NewBlock();
        for (var i = 0; i < operations; i++) Add(block, R9, 0x1234567);
        Exit(block, block.Constant(1));
        var tb = new Cache.TranslationBlock(1, new Cache.TbKey(default, block.Context));
        var used = machine.Region.Used;
        Assert.Equal(expected, machine.BackEnd.Emit(block, tb, machine.Region));
        if (expected == Host.EmitResult.Emitted) machine.Region.Append(tb);
        else Assert.Equal(used, machine.Region.Used);
    }

    public void Dispose() => _machine.Dispose();
}
