using Iced.Intel;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>Jumps, calls and returns inside the code segment: natively all lead to <see cref="NativeRunner.Taken"/>.</summary>
internal static class NearBranches
{
    public static bool Has(OpCodeInfo info) => info.Code.FlowControl() switch
    {
        FlowControl.ConditionalBranch => true,
        FlowControl.UnconditionalBranch or FlowControl.Call => info.OpCount == 1 && Kind(info.GetOpKind(0)) is not null,
        FlowControl.IndirectBranch or FlowControl.IndirectCall => info.GetOpKind(0) is OpCodeOperandKind.r16_or_mem or OpCodeOperandKind.r32_or_mem or OpCodeOperandKind.r64_or_mem,
        FlowControl.Return => info.Mnemonic == Mnemonic.Ret,
        _ => false,
    };

    /// <summary>The instruction can reach the target: a 16-bit one only in a segment that begins near it.</summary>
    public static bool Reaches(OpCodeInfo info, OracleMode mode) => mode.IsSegmented || Bytes(info, mode) != 2;

    /// <summary>As which a relative target is encoded; null: it is none.</summary>
    public static OpKind? Kind(OpCodeOperandKind kind) => kind switch
    {
        OpCodeOperandKind.br16_1 or OpCodeOperandKind.br16_2 => OpKind.NearBranch16,
        OpCodeOperandKind.br32_1 or OpCodeOperandKind.br32_4 => OpKind.NearBranch32,
        OpCodeOperandKind.br64_1 or OpCodeOperandKind.br64_4 => OpKind.NearBranch64,
        _ => null,
    };

    /// <summary>Width of the new instruction pointer.</summary>
    public static int Bytes(OpCodeInfo info, OracleMode mode) => info.OperandSize == 0 ? mode.Bitness / 8 : info.OperandSize / 8;
}
