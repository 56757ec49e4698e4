using System.Runtime.CompilerServices;
using Tcg.Mttcg.Translator.Host.Interpreter.Simd;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.Interpreter;

/// <summary>Fields of the processor state, helpers and SIMD.</summary>
internal static unsafe class StateOps
{
    public static readonly ExecuteRow[] Rows =
    [
        new(IrOp.LoadState,  &LoadState),
        new(IrOp.StoreState, &StoreState),
        new(IrOp.Call,       &Call),
        new(IrOp.Simd,       &Simd),
    ];

    private static void LoadState(Frame frame, IrInstruction* op)
    {
        var place = (byte*)frame.State + op->Imm;
        frame.Write(op->Dst, OpSize.B64, op->Size switch
        {
            OpSize.B8 => *place,
            OpSize.B16 => Unsafe.ReadUnaligned<ushort>(place),
            OpSize.B32 => Unsafe.ReadUnaligned<uint>(place),
            _ => Unsafe.ReadUnaligned<ulong>(place),
        });
    }

    private static void StoreState(Frame frame, IrInstruction* op)
    {
        var place = (byte*)frame.State + op->Imm;
        var value = frame.Read(op->A);
        switch (op->Size)
        {
            case OpSize.B8: *place = (byte)value; break;
            case OpSize.B16: Unsafe.WriteUnaligned(place, (ushort)value); break;
            case OpSize.B32: Unsafe.WriteUnaligned(place, (uint)value); break;
            default: Unsafe.WriteUnaligned(place, value); break;
        }
    }

    private static void Call(Frame frame, IrInstruction* op)
    {
        var result = frame.Call((HelperId)op->Imm, frame.Read(op->A), frame.Read(op->B), frame.Read(op->C));
        if (!frame.Left) frame.Write(op->Dst, OpSize.B64, result);
    }

    private static void Simd(Frame frame, IrInstruction* op) => SimdExecution.Run(frame, op);
}
