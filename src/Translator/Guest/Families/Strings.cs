using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>
/// String instructions. A single step over flat segments is inlined; repetition, port strings and checked segments go to a helper that does a
/// bounded part at a time.
/// </summary>
internal static class Strings
{
    private const int DirectionFlagBit = 10;

    public static readonly LiftRow[] Rows =
    [
        new(Mnemonic.Movsb,  at => Lift(at, StringKind.Movs, OpSize.B8)),
        new(Mnemonic.Movsw,  at => Lift(at, StringKind.Movs, OpSize.B16)),
        new(Mnemonic.Movsd,  at => LiftOrSimd(at, StringKind.Movs)),
        new(Mnemonic.Movsq,  at => Lift(at, StringKind.Movs, OpSize.B64)),
        new(Mnemonic.Stosb,  at => Lift(at, StringKind.Stos, OpSize.B8)),
        new(Mnemonic.Stosw,  at => Lift(at, StringKind.Stos, OpSize.B16)),
        new(Mnemonic.Stosd,  at => Lift(at, StringKind.Stos, OpSize.B32)),
        new(Mnemonic.Stosq,  at => Lift(at, StringKind.Stos, OpSize.B64)),
        new(Mnemonic.Lodsb,  at => Lift(at, StringKind.Lods, OpSize.B8)),
        new(Mnemonic.Lodsw,  at => Lift(at, StringKind.Lods, OpSize.B16)),
        new(Mnemonic.Lodsd,  at => Lift(at, StringKind.Lods, OpSize.B32)),
        new(Mnemonic.Lodsq,  at => Lift(at, StringKind.Lods, OpSize.B64)),
        new(Mnemonic.Cmpsb,  at => Lift(at, StringKind.Cmps, OpSize.B8)),
        new(Mnemonic.Cmpsw,  at => Lift(at, StringKind.Cmps, OpSize.B16)),
        new(Mnemonic.Cmpsd,  at => LiftOrSimd(at, StringKind.Cmps)),
        new(Mnemonic.Cmpsq,  at => Lift(at, StringKind.Cmps, OpSize.B64)),
        new(Mnemonic.Scasb,  at => Lift(at, StringKind.Scas, OpSize.B8)),
        new(Mnemonic.Scasw,  at => Lift(at, StringKind.Scas, OpSize.B16)),
        new(Mnemonic.Scasd,  at => Lift(at, StringKind.Scas, OpSize.B32)),
        new(Mnemonic.Scasq,  at => Lift(at, StringKind.Scas, OpSize.B64)),
        new(Mnemonic.Insb,   at => Lift(at, StringKind.Ins,  OpSize.B8)),
        new(Mnemonic.Insw,   at => Lift(at, StringKind.Ins,  OpSize.B16)),
        new(Mnemonic.Insd,   at => Lift(at, StringKind.Ins,  OpSize.B32)),
        new(Mnemonic.Outsb,  at => Lift(at, StringKind.Outs, OpSize.B8)),
        new(Mnemonic.Outsw,  at => Lift(at, StringKind.Outs, OpSize.B16)),
        new(Mnemonic.Outsd,  at => Lift(at, StringKind.Outs, OpSize.B32)),
    ];

    // MOVSD and CMPSD name a string and a scalar double instruction.
    private static void LiftOrSimd(Lifting at, StringKind kind)
    {
        if (at.Instruction.IsStringInstruction) Lift(at, kind, OpSize.B32);
        else if (at.Instruction.Mnemonic == Mnemonic.Cmpsd) Simd.LiftFloat(at);
        else Simd.Lift(at);
    }

    private static void Lift(Lifting at, StringKind kind, OpSize element)
    {
        var repeat = at.Instruction.HasRepnePrefix ? RepeatKind.RepNe : at.Instruction.HasRepPrefix ? RepeatKind.RepE : RepeatKind.None;
        var source = kind is StringKind.Stos or StringKind.Scas or StringKind.Ins ? Segment.None : at.Flatten(at.Instruction.MemorySegment);
        var destination = kind is StringKind.Lods or StringKind.Outs ? Segment.None : at.Flatten(Register.ES);
        var inline = repeat == RepeatKind.None && kind is not (StringKind.Ins or StringKind.Outs) && !at.Has(TbFlags.AlignmentCheck);
        if (inline && source == Segment.None && destination == Segment.None)
        {
            Inline(at, kind, element, AddressSize(at));
            return;
        }

        var operation = new StringOperation(
            kind, element, AddressSize(at), repeat, source, destination == Segment.None, at.Context.MmuIndex, at.Is64);
        var unfinished = at.Call(HelperId.StringOperation, at.Constant(operation.Raw), at.Constant(at.Rip));
        if (repeat == RepeatKind.None) return;
        var finished = at.NewLabel();
        at.BranchIfZero(unfinished, OpSize.B64, finished);
        at.GotoIndirect(at.Constant(at.Rip));
        at.ContinueAt(finished);
    }

    private static OpSize AddressSize(Lifting at)
    {
        for (var operand = 0; operand < at.Instruction.OpCount; operand++)
        {
            switch (at.Instruction.GetOpKind(operand))
            {
                case OpKind.MemorySegSI or OpKind.MemoryESDI: return OpSize.B16;
                case OpKind.MemorySegESI or OpKind.MemoryESEDI: return OpSize.B32;
                case OpKind.MemorySegRSI or OpKind.MemoryESRDI: return OpSize.B64;
            }
        }
        throw new InvalidOperationException($"{at.Instruction.Code} has no string operand");
    }

    private static void Inline(Lifting at, StringKind kind, OpSize element, OpSize addressSize)
    {
        switch (kind)
        {
            case StringKind.Movs:
                at.Store(Pointer(at, Lifting.Rdi, addressSize), element, at.Load(Pointer(at, Lifting.Rsi, addressSize), element));
                Step(at, element, addressSize, Lifting.Rsi, Lifting.Rdi);
                break;
            case StringKind.Stos:
                at.Store(Pointer(at, Lifting.Rdi, addressSize), element, Lifting.Rax);
                Step(at, element, addressSize, Lifting.Rdi);
                break;
            case StringKind.Lods:
                at.LoadInto(Lifting.Rax, Pointer(at, Lifting.Rsi, addressSize), element, element, Extension.Zero);
                Step(at, element, addressSize, Lifting.Rsi);
                break;
            case StringKind.Cmps:
                var left = at.Load(Pointer(at, Lifting.Rsi, addressSize), element);
                at.Emit(IrOp.Sub, element, Operand.None, left, at.Load(Pointer(at, Lifting.Rdi, addressSize), element), flags: true);
                Step(at, element, addressSize, Lifting.Rsi, Lifting.Rdi);
                break;
            default:
                at.Emit(IrOp.Sub, element, Operand.None, Lifting.Rax, at.Load(Pointer(at, Lifting.Rdi, addressSize), element), flags: true);
                Step(at, element, addressSize, Lifting.Rdi);
                break;
        }
    }

    private static int Pointer(Lifting at, Operand register, OpSize addressSize) =>
        at.Block.Address(new IrAddress { Base = register, AddressSize = addressSize, Segment = Segment.None, Linear32 = !at.Is64 });

    /// <summary>Moves the pointers by the element's size, up or down as DF says.</summary>
    private static void Step(Lifting at, OpSize element, OpSize addressSize, params ReadOnlySpan<Operand> pointers)
    {
        var bytes = Lifting.BytesOf(element);
        var flags = at.LoadState(CpuState.SystemFlagsOffset, OpSize.B32);
        var down = at.Compute(IrOp.And, OpSize.B64, at.Compute(IrOp.Shr, OpSize.B64, flags, at.Constant(DirectionFlagBit)), at.Constant(1));
        var step = at.Compute(IrOp.Sub, OpSize.B64, at.Constant((uint)bytes), at.Compute(IrOp.Shl, OpSize.B64, down, at.Constant((ulong)element + 1)));
        foreach (var pointer in pointers) at.Emit(IrOp.Add, addressSize, pointer, pointer, step);
    }
}
