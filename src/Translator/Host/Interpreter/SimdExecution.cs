using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Host.Interpreter;

internal static unsafe class SimdExecution
{
    public static void Run(Frame frame, IrInstruction* op) => throw new InvalidOperationException($"{frame.Block.Simd[(int)op->Imm].Instruction.Mnemonic} has no interpreter routine");
}
