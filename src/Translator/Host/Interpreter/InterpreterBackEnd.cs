using System.Runtime.InteropServices;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.Interpreter;

/// <summary>
/// Executes IR as it is: the portable back end for hosts other than x86-64 and the oracle for the JIT. A TB's "code" is a copy of its IR whose
/// branches are resolved to indexes. Goes from block to block through the jump lists and a cache of indirect jumps, as translated code does.
/// </summary>
public sealed unsafe class InterpreterBackEnd : IBackEnd
{
    // Compiled to run by themselves.
    private const TbCompileFlags Alone = TbCompileFlags.NoChain | TbCompileFlags.Uncached | TbCompileFlags.NoPoll;

    private readonly Frame _frame = new();
    private readonly IndirectCache _indirect = new();

    public bool NeedsRegion => false;

    public EmitResult Emit(IrBlock block, TranslationBlock tb, CodeRegion? region)
    {
        var copy = block.Clone();
        ResolveBranches(copy);
        tb.Ir = copy;
        tb.GuestBytes = block.GuestBytes;
        tb.GuestInstructions = block.GuestInstructions;
        return EmitResult.Emitted;
    }

    public TbExit Execute(Cpu cpu, TranslationBlock tb)
    {
        try
        {
            _indirect.Remember(cpu, tb);
            while (true)
            {
                var reason = Run(cpu, tb);
                if (Next(cpu, tb, reason) is not { } next) return new TbExit(tb.Id, reason);
                cpu.Running = tb = next;
            }
        }
        catch (Exception failure)
        {
            cpu.Failure = failure;
            cpu.State->HelperExit = 0;
            return new TbExit(tb.Id, TbExitReason.Failure);
        }
    }

    public void Dispose() => _frame.Dispose();

    // The block that this one goes on to without the dispatcher: its chained target, or what the last jump to this address found.
    private TranslationBlock? Next(Cpu cpu, TranslationBlock tb, TbExitReason reason)
    {
        if ((tb.Key.Context.CompileFlags & Alone) != 0) return null;
        if (new TbExit(tb.Id, reason).JumpSlot is >= 0 and var slot)
        {
            var target = cpu.State->Rip == tb.Key.Context.Rip && !tb.IsDead ? tb : Volatile.Read(ref tb.Jump(slot).Target);
            if (target is not null) cpu.State->ChainedJumps++;
            return target;
        }
        if (reason != TbExitReason.Lookup || !_frame.JumpedIndirectly) return null;
        var found = _indirect.Find(cpu, tb.Key.Context, cpu.State->Rip);
        if (found is not null) cpu.State->JumpCacheHits++;
        return found;
    }

    private TbExitReason Run(Cpu cpu, TranslationBlock tb)
    {
        var context = tb.Key.Context;
        if ((context.CompileFlags & TbCompileFlags.NoPoll) == 0 && (Volatile.Read(ref cpu.State->ExitRequest) != 0 || tb.IsDead))
        {
            cpu.State->Rip = context.Rip;
            return TbExitReason.ExitRequest;
        }
        foreach (var check in tb.Checks)
        {
            if (check.Holds(tb.Source)) continue;
            cpu.State->Rip = context.Rip;
            return TbExitReason.Changed;
        }
        var block = tb.Ir ?? throw new InvalidOperationException($"TB {tb.Id} was not emitted by an interpreter");
        fixed (IrInstruction* code = block.Instructions)
        fixed (ulong* constants = CollectionsMarshal.AsSpan(block.Constants))
        fixed (IrAddress* addresses = CollectionsMarshal.AsSpan(block.Addresses))
        {
            _frame.Begin(cpu, block, constants, addresses);
            RunOnce(_frame, code, block.Count);
        }
        return _frame.Reason;
    }

    private static void RunOnce(Frame frame, IrInstruction* code, int count)
    {
        fixed (delegate*<Frame, IrInstruction*, void>* bodies = ExecuteTable.Bodies)
        {
            while (frame.Next < count)
            {
                var op = code + frame.Next++;
                bodies[(int)op->Op](frame, op);
            }
        }
    }

    // Imm of a branch becomes the index of its label. Labels stay: they do nothing.
    private static void ResolveBranches(IrBlock block)
    {
        Span<int> places = block.Labels <= 64 ? stackalloc int[block.Labels] : new int[block.Labels];
        var code = block.Instructions;
        for (var index = 0; index < code.Length; index++)
        {
            if (code[index].Op == IrOp.Label) places[(int)code[index].Imm] = index;
        }
        foreach (ref var instruction in code)
        {
            if (IrShape.IsBranch(instruction.Op)) instruction.Imm = (ulong)places[(int)instruction.Imm];
        }
    }
}
