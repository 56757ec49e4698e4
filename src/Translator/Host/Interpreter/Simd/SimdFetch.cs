using System.Runtime.CompilerServices;
using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>Puts the operands of an instruction where its routine looks for them (<see cref="SimdShape"/>). False: it faulted.</summary>
internal static unsafe class SimdFetch
{
    public const int LaneBytes = 16, VectorBytes = 32;

    public static bool Legacy(Frame frame, IrInstruction* op, in IrSimd simd, ref SimdOperands operands)
    {
        ref readonly var instruction = ref simd.Instruction;
        operands.VectorBytes = LaneBytes;
        operands.Third = frame.State->Vector;
        if (!Result(frame, op, simd, ref operands)) return false;
        if (instruction.Op0Kind == OpKind.Register && IsVector(instruction.Op0Register)) Copy(frame, instruction.Op0Register, operands.Dst);
        return instruction.OpCount < 2 || Source(frame, op, simd, 1, ref operands);
    }

    public static bool Vex(Frame frame, IrInstruction* op, in IrSimd simd, SimdShape shape, ref SimdOperands operands)
    {
        ref readonly var instruction = ref simd.Instruction;
        operands.IsVex = true;
        operands.VectorBytes = Width(simd);
        if (!Result(frame, op, simd, ref operands)) return false;
        if (instruction.OpCount == 0) return true;

        // An immediate behind the sources is no source, but for a count.
        var sources = instruction.OpCount - 1;
        if (instruction.GetOpKind(sources) == OpKind.Immediate8 && shape != SimdShape.Shift) sources--;
        if (sources == 3) Copy(frame, instruction.Op3Register, operands.Third);
        operands.Sources = sources = Math.Min(sources, 2);
        if (shape == SimdShape.Fused)
        {
            Copy(frame, instruction.Op0Register, operands.Dst);
            Copy(frame, instruction.Op1Register, operands.Third);
        }
        else if (sources == 2)
        {
            Copy(frame, instruction.Op1Register, operands.Dst);
        }
        else if (Compares(instruction))
        {
            operands.KeepsFirst = true;
            Copy(frame, instruction.Op0Register, operands.Dst);
        }
        if (!Source(frame, op, simd, sources, ref operands)) return false;
        if (shape == SimdShape.Shift) Unsafe.CopyBlockUnaligned(operands.Src + LaneBytes, operands.Src, LaneBytes);
        return true;
    }

    public static bool IsVector(Register register) => register is >= Register.XMM0 and <= Register.XMM15 or >= Register.YMM0 and <= Register.YMM15;

    /// <summary>The register in the guest's state.</summary>
    public static byte* Place(Frame frame, Register register) =>
        frame.State->Vector + CpuState.VectorStride * (register - (register >= Register.YMM0 ? Register.YMM0 : Register.XMM0));

    /// <summary>The first operand is a source: comparisons into flags.</summary>
    private static bool Compares(in Instruction instruction) => instruction.RflagsModified != RflagsBits.None;

    private static int Width(in IrSimd simd)
    {
        ref readonly var instruction = ref simd.Instruction;
        return simd.MemorySize == VectorBytes || IsWide(instruction.Op0Register) || IsWide(instruction.Op1Register) || IsWide(instruction.Op2Register) ? VectorBytes : LaneBytes;
    }

    private static bool IsWide(Register register) => register is >= Register.YMM0 and <= Register.YMM15;

    private static bool Result(Frame frame, IrInstruction* op, in IrSimd simd, ref SimdOperands operands)
    {
        ref readonly var instruction = ref simd.Instruction;
        var last = instruction.OpCount - 1;
        if (last > 0 && instruction.GetOpKind(last) == OpKind.Immediate8) operands.Immediate = instruction.Immediate8;
        if (instruction.Op0Kind == OpKind.Register && !IsVector(instruction.Op0Register)) operands.ResultBytes = instruction.Op0Register.GetSize();
        if (!simd.Stores) return true;
        operands.ResultBytes = simd.MemorySize;
        return !GuestAddress.IsMisaligned(frame, op, GuestAddress.Linear(frame, op));
    }

    private static bool Source(Frame frame, IrInstruction* op, in IrSimd simd, int operand, ref SimdOperands operands)
    {
        ref readonly var instruction = ref simd.Instruction;
        switch (instruction.GetOpKind(operand))
        {
            case OpKind.Register when IsVector(instruction.GetOpRegister(operand)):
                Copy(frame, instruction.GetOpRegister(operand), operands.Src);
                return true;
            case OpKind.Register:
                operands.SourceBytes = instruction.GetOpRegister(operand).GetSize();
                *(ulong*)operands.Src = frame.Read(op->A) & (ulong.MaxValue >> (64 - 8 * operands.SourceBytes));
                return true;
            case OpKind.Memory:
                operands.FromMemory = true;
                operands.SourceBytes = simd.MemorySize;
                return !GuestAddress.IsMisaligned(frame, op, GuestAddress.Linear(frame, op)) && SimdMemory.Load(frame, GuestAddress.Linear(frame, op), simd.MemorySize, operands.Src);
            default:
                // A shift count in an immediate reads like one in a register.
                *(ulong*)operands.Src = operands.Immediate;
                return true;
        }
    }

    private static void Copy(Frame frame, Register register, byte* to) =>
        Unsafe.CopyBlockUnaligned(to, Place(frame, register), (uint)(IsWide(register) ? VectorBytes : LaneBytes));
}
