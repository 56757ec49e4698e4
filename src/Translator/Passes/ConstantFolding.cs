using System.Buffers.Binary;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Passes;

/// <summary>An operation on constants that defines and reads no flags becomes a move of its result.</summary>
internal static class ConstantFolding
{
    public static void Fold(IrBlock block, ref IrInstruction op)
    {
        if (op.SetsFlags || op.Dst.IsNone || !op.Dst2.IsNone || !op.A.IsConstant || !op.C.IsNone) return;
        if (op.Op == IrOp.Mov)
        {
            Become(block, ref op, block.ConstantValue(op.A));
            return;
        }
        if (!op.B.IsNone && !op.B.IsConstant) return;
        var b = op.B.IsNone ? 0 : block.ConstantValue(op.B);
        if (Compute(op, block.ConstantValue(op.A), b) is { } result) Become(block, ref op, result);
    }

    private static ulong? Compute(in IrInstruction op, ulong a, ulong b)
    {
        var bits = 8 << (int)op.Size;
        var count = (int)b & (bits == 64 ? 63 : 31);
        var narrow = a & Mask(bits);
        return op.Op switch
        {
            IrOp.Add => a + b,
            IrOp.Sub => a - b,
            IrOp.And => a & b,
            IrOp.Or => a | b,
            IrOp.Xor => a ^ b,
            IrOp.Inc => a + 1,
            IrOp.Dec => a - 1,
            IrOp.Neg => 0 - a,
            IrOp.Not => ~a,
            IrOp.IMul => a * b,
            IrOp.Shl => a << count,
            IrOp.Shr => narrow >> count,
            IrOp.Sar => (ulong)(SignExtend(narrow, bits) >> count),
            IrOp.Movzx => a & Mask(8 << (int)op.SourceSize),
            IrOp.Movsx => (ulong)SignExtend(a, 8 << (int)op.SourceSize),
            IrOp.ExtractHigh => (a >> 8) & 0xff,
            IrOp.Bswap when bits == 64 => BinaryPrimitives.ReverseEndianness(a),
            IrOp.Bswap when bits == 32 => BinaryPrimitives.ReverseEndianness((uint)a),
            _ => null,
        };
    }

    private static void Become(IrBlock block, ref IrInstruction op, ulong result)
    {
        if (op.Op == IrOp.ExtractHigh) op.Size = OpSize.B8;
        op.Op = IrOp.Mov;
        op.SourceSize = OpSize.B8;
        op.A = block.Constant(result & Mask(8 << (int)op.Size));
        op.B = Operand.None;
    }

    private static ulong Mask(int bits) => ulong.MaxValue >> (64 - bits);

    private static long SignExtend(ulong value, int bits) => (long)(value << (64 - bits)) >> (64 - bits);
}
