using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Guest;

// Stack accesses: SS, and the stack pointer at the stack's width.
public sealed partial class Lifting
{
    public OpSize StackSize => Is64 ? OpSize.B64 : Has(TbFlags.Stack32) ? OpSize.B32 : OpSize.B16;

    /// <summary>The stack slot at displacement from <paramref name="pointer"/> (RSP or RBP).</summary>
    public int StackSlot(Operand pointer, long displacement, int bytes, bool write) => At(
        new IrAddress
        {
            Base = pointer,
            Displacement = displacement,
            AddressSize = StackSize,
            Segment = Flatten(Iced.Intel.Register.SS),
            Linear32 = !Is64,
        },
        bytes,
        write);

    public void Push(Operand value, OpSize size)
    {
        var bytes = BytesOf(size);
        Store(StackSlot(Rsp, -bytes, bytes, write: true), size, value);
        AdjustStack(-bytes);
    }

    /// <summary>The top of the stack; the pointer stays. The upper bits of a 16-bit value are zero.</summary>
    public Operand Peek(OpSize size, long displacement = 0)
    {
        var value = Temp();
        var wide = size == OpSize.B16 ? OpSize.B32 : size;
        LoadInto(value, StackSlot(Rsp, displacement, BytesOf(size), write: false), wide, size, Extension.Zero);
        return value;
    }

    public void AdjustStack(long bytes)
    {
        if (bytes < 0) Emit(IrOp.Sub, StackSize, Rsp, Rsp, Constant((ulong)-bytes));
        else Emit(IrOp.Add, StackSize, Rsp, Rsp, Constant((ulong)bytes));
    }
}
