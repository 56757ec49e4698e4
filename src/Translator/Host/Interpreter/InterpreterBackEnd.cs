using System.Runtime.InteropServices;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.Interpreter;

/// <summary>
/// Executes IR as it is: the portable back end for hosts other than x86-64 and the oracle for the JIT. A TB's "code" is a copy of its IR whose
/// branches are resolved to indexes. A block that jumps to itself goes round in here; every other jump returns to the dispatcher.
/// </summary>
public sealed unsafe class InterpreterBackEnd : IBackEnd
{
    private readonly Frame _frame = new();

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
            return new TbExit(tb.Id, Run(cpu, tb));
        }
        catch (Exception failure)
        {
            cpu.Failure = failure;
            cpu.State->HelperExit = 0;
            return new TbExit(tb.Id, TbExitReason.Failure);
        }
    }

    public void Dispose() => _frame.Dispose();

    private TbExitReason Run(Cpu cpu, TranslationBlock tb)
    {
        var block = tb.Ir ?? throw new InvalidOperationException($"TB {tb.Id} was not emitted by an interpreter");
        var context = block.Context;
        var polls = (context.CompileFlags & TbCompileFlags.NoPoll) == 0;
        var loops = (context.CompileFlags & (TbCompileFlags.NoChain | TbCompileFlags.Uncached | TbCompileFlags.NoPoll)) == 0;
        fixed (IrInstruction* code = block.Instructions)
        fixed (ulong* constants = CollectionsMarshal.AsSpan(block.Constants))
        fixed (IrAddress* addresses = CollectionsMarshal.AsSpan(block.Addresses))
        {
            while (true)
            {
                if (polls && (Volatile.Read(ref cpu.State->ExitRequest) != 0 || tb.IsDead))
                {
                    cpu.State->Rip = context.Rip;
                    return TbExitReason.ExitRequest;
                }
                _frame.Begin(cpu, block, constants, addresses);
                RunOnce(_frame, code, block.Count);
                if (!loops || _frame.Reason > TbExitReason.Jump1 || cpu.State->Rip != context.Rip) return _frame.Reason;
                cpu.State->ChainedJumps++;
            }
        }
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
