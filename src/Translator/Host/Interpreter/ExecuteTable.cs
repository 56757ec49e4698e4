using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Host.Interpreter;

/// <summary>One operation and the routine that executes it.</summary>
internal readonly unsafe struct ExecuteRow(IrOp op, delegate*<Frame, IrInstruction*, void> body)
{
    public IrOp Op { get; } = op;
    public delegate*<Frame, IrInstruction*, void> Body { get; } = body;
}

/// <summary>All routines by operation, joined from the families; an operation without one or with two is an error at start-up.</summary>
internal static unsafe class ExecuteTable
{
    public static readonly delegate*<Frame, IrInstruction*, void>[] Bodies = Join();

    private static delegate*<Frame, IrInstruction*, void>[] Join()
    {
        var ops = Enum.GetValues<IrOp>();
        var bodies = new delegate*<Frame, IrInstruction*, void>[ops.Length];
        ExecuteRow[][] families =
        [
            ControlOps.Rows, MoveOps.Rows, ArithmeticOps.Rows, ShiftOps.Rows, MultiplyOps.Rows, BitOps.Rows, BmiOps.Rows, FlagOps.Rows, MemoryOps.Rows, StateOps.Rows,
        ];
        foreach (var row in families.SelectMany(family => family))
        {
            if (bodies[(int)row.Op] != null) throw new InvalidOperationException($"two routines for IrOp.{row.Op}");
            bodies[(int)row.Op] = row.Body;
        }
        foreach (var op in ops)
        {
            if (bodies[(int)op] == null) throw new InvalidOperationException($"IrOp.{op} cannot be interpreted");
        }
        return bodies;
    }
}
