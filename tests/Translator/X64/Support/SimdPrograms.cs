using Iced.Intel;

namespace Tcg.Mttcg.Translator.Tests.X64;

/// <summary>One instruction of every legacy-encoded SSE code that Iced knows, its operands chosen at random.</summary>
internal static class SimdPrograms
{
    private static readonly CpuidFeature[] Features =
        [CpuidFeature.SSE, CpuidFeature.SSE2, CpuidFeature.SSE3, CpuidFeature.SSSE3, CpuidFeature.SSE4_1, CpuidFeature.SSE4_2];

    public static IEnumerable<Code> Codes() => Enum.GetValues<Code>().Where(code =>
    {
        var info = code.ToOpCode();
        if (!info.IsInstruction || info.Encoding != EncodingKind.Legacy || !info.Mode64 || info.IsPrivileged) return false;
        var features = code.CpuidFeatures();
        return features.Length > 0 && features.All(Features.Contains) && Operands(info).All(IsPlain) && Operands(info).Any(IsVector);
    });

    private static IEnumerable<OpCodeOperandKind> Operands(OpCodeInfo info) => Enumerable.Range(0, info.OpCount).Select(info.GetOpKind);

    private static bool IsVector(OpCodeOperandKind kind) => kind is OpCodeOperandKind.xmm_reg or OpCodeOperandKind.xmm_rm or OpCodeOperandKind.xmm_or_mem;

    private static bool IsPlain(OpCodeOperandKind kind) => IsVector(kind) || kind is OpCodeOperandKind.imm8 or OpCodeOperandKind.mem
        or OpCodeOperandKind.r32_reg or OpCodeOperandKind.r64_reg or OpCodeOperandKind.r32_or_mem or OpCodeOperandKind.r64_or_mem
        or OpCodeOperandKind.r32_rm or OpCodeOperandKind.r64_rm or OpCodeOperandKind.r32_or_mem_mpx;

    /// <summary>R15 is the base of memory operands, 16-byte aligned if <paramref name="displacement"/> is.</summary>
    public static Instruction Create(Code code, Random random, bool memory, int displacement)
    {
        var info = code.ToOpCode();
        var instruction = new Instruction { Code = code };
        for (var k = 0; k < info.OpCount; k++)
        {
            var kind = info.GetOpKind(k);
            var mayBeMemory = kind is OpCodeOperandKind.mem or OpCodeOperandKind.xmm_or_mem or OpCodeOperandKind.r32_or_mem or OpCodeOperandKind.r64_or_mem;
            if (kind == OpCodeOperandKind.mem || mayBeMemory && memory)
            {
                instruction.SetOpKind(k, OpKind.Memory);
                instruction.MemoryBase = Register.R15;
                instruction.MemoryDisplacement64 = (ulong)displacement;
                instruction.MemoryDisplSize = 8;
            }
            else if (kind == OpCodeOperandKind.imm8)
            {
                instruction.SetOpKind(k, OpKind.Immediate8);
                instruction.Immediate8 = (byte)random.Next(256);
            }
            else
            {
                instruction.SetOpKind(k, OpKind.Register);
                instruction.SetOpRegister(k, RegisterFor(kind, random));
            }
        }
        return instruction;
    }

    private static Register RegisterFor(OpCodeOperandKind kind, Random random)
    {
        if (IsVector(kind)) return Register.XMM0 + random.Next(16);
        // Not RSP, not the base of memory operands.
        var number = random.Next(14);
        if (number == 4) number = 14;
        return (kind is OpCodeOperandKind.r64_reg or OpCodeOperandKind.r64_or_mem or OpCodeOperandKind.r64_rm ? Register.RAX : Register.EAX) + number;
    }
}
