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
    private const int VectorBytes = 16;
    private const int SimdError = 19, Undefined = 6, GeneralProtection = 13;
    private const ulong Cr4OsXmmExcept = 1 << 10;

    public static void Run(Frame frame, IrInstruction* op)
    {
        ref readonly var simd = ref CollectionsMarshal.AsSpan(frame.Block.Simd)[(int)op->Imm];
        var buffer = stackalloc ulong[4];
        new Span<ulong>(buffer, 4).Clear();
        var operands = new SimdOperands
        {
            Dst = (byte*)buffer,
            Src = (byte*)buffer + VectorBytes,
            State = frame.State,
            Float = new FloatContext(frame.State->MxCsr),
        };
        if (simd.Instruction.Mnemonic == Mnemonic.Maskmovdqu)
        {
            StoreSelectedBytes(frame, op, simd.Instruction);
            return;
        }
        var body = SimdTable.Find(simd.Instruction.Mnemonic);
        if (body == null) throw new InvalidOperationException($"{simd.Instruction.Mnemonic} has no interpreter routine");
        if (!Fetch(frame, op, simd, ref operands)) return;
        body(ref operands);
        if (operands.Float.Flags != 0 && !NoteExceptions(frame, operands.Float)) return;
        WriteBack(frame, op, simd, operands);
    }

    private static bool Fetch(Frame frame, IrInstruction* op, in IrSimd simd, ref SimdOperands operands)
    {
        ref readonly var instruction = ref simd.Instruction;
        var last = instruction.OpCount - 1;
        if (last > 0 && instruction.GetOpKind(last) is OpKind.Immediate8) operands.Immediate = instruction.Immediate8;
        if (instruction.Op0Kind == OpKind.Register)
        {
            if (IsVector(instruction.Op0Register)) CopyRegister(frame, instruction.Op0Register, operands.Dst);
            else operands.ResultBytes = instruction.Op0Register.GetSize();
        }
        if (simd.Stores)
        {
            operands.ResultBytes = simd.MemorySize;
            if (simd.MemorySize == VectorBytes && IsMisaligned(frame, op)) return false;
        }
        if (instruction.OpCount < 2) return true;
        switch (instruction.Op1Kind)
        {
            case OpKind.Register when IsVector(instruction.Op1Register):
                CopyRegister(frame, instruction.Op1Register, operands.Src);
                return true;
            case OpKind.Register:
                operands.SourceBytes = instruction.Op1Register.GetSize();
                *(ulong*)operands.Src = frame.Read(op->A) & (ulong.MaxValue >> (64 - 8 * operands.SourceBytes));
                return true;
            case OpKind.Memory:
                operands.FromMemory = true;
                operands.SourceBytes = simd.MemorySize;
                return !IsMisaligned(frame, op) && SimdMemory.Load(frame, GuestAddress.Linear(frame, op), simd.MemorySize, operands.Src);
            default:
                // A shift count in an immediate reads like one in a register.
                *(ulong*)operands.Src = operands.Immediate;
                return true;
        }
    }

    private static void WriteBack(Frame frame, IrInstruction* op, in IrSimd simd, in SimdOperands operands)
    {
        if (op->SetsFlags) GuestFlags.Set(frame.State, operands.Flags);
        if (simd.Stores)
        {
            SimdMemory.Store(frame, GuestAddress.Linear(frame, op), simd.MemorySize, operands.Dst);
            return;
        }
        if (!op->Dst.IsNone)
        {
            frame.Write(op->Dst, operands.ResultBytes == 8 ? OpSize.B64 : OpSize.B32, *(ulong*)operands.Dst);
        }
        else if (!operands.KeepsFirst && simd.Instruction.Op0Kind == OpKind.Register && IsVector(simd.Instruction.Op0Register))
        {
            Unsafe.CopyBlockUnaligned(Place(frame, simd.Instruction.Op0Register), operands.Dst, VectorBytes);
        }
    }

    // An unmasked exception of the operands comes before any result, so that the results raise nothing (SDM 1 11.5.3).
    private static bool NoteExceptions(Frame frame, in FloatContext found)
    {
        var context = found;
        if ((context.Unmasked & FloatFlags.OfOperands) != 0) context.Flags &= FloatFlags.OfOperands;
        frame.State->MxCsr |= (uint)context.Flags;
        frame.State->HostMxCsr |= (uint)context.Flags;
        if (context.Unmasked == 0) return true;
        frame.Raise((frame.State->Cr4 & Cr4OsXmmExcept) != 0 ? SimdError : Undefined, null);
        return false;
    }

    private static bool IsMisaligned(Frame frame, IrInstruction* op)
    {
        var alignment = frame.Addresses[op->Mem].Alignment;
        if (alignment == 0 || (GuestAddress.Linear(frame, op) & (ulong)(alignment - 1)) == 0) return false;
        frame.Raise(GeneralProtection, 0);
        return true;
    }

    // MASKMOVDQU: the bytes whose mask byte has its top bit set, in order.
    private static void StoreSelectedBytes(Frame frame, IrInstruction* op, in Instruction instruction)
    {
        var linear = GuestAddress.Linear(frame, op);
        byte* data = Place(frame, instruction.Op1Register), mask = Place(frame, instruction.Op2Register);
        for (var index = 0; index < VectorBytes && !frame.Left; index++)
        {
            if ((mask[index] & 0x80) != 0) GuestMemory.Store(frame, linear + (uint)index, OpSize.B8, data[index]);
        }
    }

    private static bool IsVector(Register register) => register is >= Register.XMM0 and <= Register.XMM15;

    private static byte* Place(Frame frame, Register register) => frame.State->Vector + CpuState.VectorStride * (register - Register.XMM0);

    private static void CopyRegister(Frame frame, Register register, byte* to) => Unsafe.CopyBlockUnaligned(to, Place(frame, register), VectorBytes);
}
