using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Iced.Intel;
using Tcg.Mttcg.Translator.Host.Interpreter.Float;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>
/// Runs one SIMD operation: fetches operands, computes on copies, raises #XM if an unmasked exception came up, else writes back. MXCSR's sticky flags
/// go to both of its copies in the state.
/// </summary>
internal static unsafe class SimdExecution
{
    private const int SimdError = 19, Undefined = 6;
    private const ulong Cr4OsXmmExcept = 1 << 10;

    public static void Run(Frame frame, IrInstruction* op)
    {
        ref readonly var simd = ref CollectionsMarshal.AsSpan(frame.Block.Simd)[(int)op->Imm];
        if (simd.Elements != 0)
        {
            frame.Call(HelperId.MoveElements, GuestAddress.Linear(frame, op), simd.Elements, 0);
            return;
        }
        ref readonly var row = ref SimdTable.Find(simd.Instruction.Mnemonic);
        if (row.Body == null) throw new InvalidOperationException($"{simd.Instruction.Mnemonic} has no interpreter routine");
        const int words = 3 * SimdFetch.VectorBytes / sizeof(ulong);
        var buffer = stackalloc ulong[words];
        new Span<ulong>(buffer, words).Clear();
        var operands = new SimdOperands
        {
            Dst = (byte*)buffer,
            Src = (byte*)buffer + SimdFetch.VectorBytes,
            Third = (byte*)buffer + 2 * SimdFetch.VectorBytes,
            State = frame.State,
            Float = new FloatContext(frame.State->MxCsr),
        };
        var vex = simd.Instruction.Encoding == EncodingKind.VEX;
        if (!(vex ? SimdFetch.Vex(frame, op, simd, row.Shape, ref operands) : SimdFetch.Legacy(frame, op, simd, ref operands))) return;
        Compute(row, ref operands);
        if (operands.Float.Flags != 0 && !NoteExceptions(frame, operands.Float)) return;
        if (op->SetsFlags) GuestFlags.Set(frame.State, operands.Flags);
        WriteBack(frame, op, simd, operands);
    }

    private static void Compute(in SimdRow row, ref SimdOperands operands)
    {
        row.Body(ref operands);
        if (row.Shape == SimdShape.Whole || operands.VectorBytes == SimdFetch.LaneBytes) return;
        byte* result = operands.Dst;
        operands.Dst += SimdFetch.LaneBytes;
        operands.Src += SimdFetch.LaneBytes;
        operands.Third += SimdFetch.LaneBytes;
        operands.Lane = 1;
        row.Body(ref operands);
        operands.Dst = result;
    }

    private static void WriteBack(Frame frame, IrInstruction* op, in IrSimd simd, in SimdOperands operands)
    {
        var register = simd.Instruction.Op0Register;
        if (simd.Stores)
        {
            SimdMemory.Store(frame, GuestAddress.Linear(frame, op), simd.MemorySize, operands.Dst);
        }
        else if (!op->Dst.IsNone)
        {
            frame.Write(op->Dst, operands.ResultBytes == 8 ? OpSize.B64 : OpSize.B32, *(ulong*)operands.Dst);
        }
        else if (!operands.KeepsFirst && simd.Instruction.Op0Kind == OpKind.Register && SimdFetch.IsVector(register))
        {
            var bytes = register.GetSize();
            var place = SimdFetch.Place(frame, register);
            Unsafe.CopyBlockUnaligned(place, operands.Dst, (uint)bytes);
            if (operands.IsVex) new Span<byte>(place + bytes, SimdFetch.VectorBytes - bytes).Clear();
        }
    }

    private static bool NoteExceptions(Frame frame, in FloatContext context)
    {
        frame.State->MxCsr |= (uint)context.Raised;
        frame.State->HostMxCsr |= (uint)context.Raised;
        if (context.Unmasked == 0) return true;
        frame.Raise((frame.State->Cr4 & Cr4OsXmmExcept) != 0 ? SimdError : Undefined, null);
        return false;
    }
}
