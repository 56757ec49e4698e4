using Iced.Intel;
using static Iced.Intel.OpCodeOperandKind;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>Which registers an operand kind of Iced's may be. RSP is left out where it can be chosen: natively it must stay a stack.</summary>
internal static class OperandRegisters
{
    private static readonly Register[] Bytes = Range(Register.AL, Register.R15L).Where(register => register != Register.SPL).ToArray();
    private static readonly Register[] Words = Range(Register.AX, Register.R15W).Where(register => register != Register.SP).ToArray();
    private static readonly Register[] Doubles = Range(Register.EAX, Register.R15D).Where(register => register != Register.ESP).ToArray();
    private static readonly Register[] Quads = Range(Register.RAX, Register.R15).Where(register => register != Register.RSP).ToArray();
    private static readonly Register[] Vectors = Range(Register.XMM0, Register.XMM15).ToArray();
    private static readonly Register[] WideVectors = Range(Register.YMM0, Register.YMM15).ToArray();

    private static readonly Register[] Multimedia = Range(Register.MM0, Register.MM7).ToArray();
    private static readonly Register[] Stack = Range(Register.ST0, Register.ST7).ToArray();

    public static bool MayBeMemory(OpCodeOperandKind kind) => kind is mem or mem_offs or r8_or_mem or r16_or_mem or r32_or_mem or r64_or_mem or xmm_or_mem or ymm_or_mem or mm_or_mem || Index(kind) != Register.None;

    /// <summary>The first register of the class that indexes a gather; none: no gather.</summary>
    public static Register Index(OpCodeOperandKind kind) => kind switch
    {
        mem_vsib32x or mem_vsib64x => Register.XMM0,
        mem_vsib32y or mem_vsib64y => Register.YMM0,
        _ => Register.None,
    };

    /// <summary>Empty: no register, or none that is synthesised.</summary>
    public static IReadOnlyList<Register> Choices(OpCodeOperandKind kind, int bitness) =>
        bitness == 64 ? Choices(kind) : Choices(kind).Where(register => register.GetFullRegister().GetNumber() < 8 && register is < Register.SPL or > Register.DIL).ToArray();

    private static IReadOnlyList<Register> Choices(OpCodeOperandKind kind) => kind switch
    {
        r8_or_mem or r8_reg or r8_opcode => Bytes,
        r16_or_mem or r16_reg or r16_rm or r16_opcode => Words,
        r32_or_mem or r32_reg or r32_rm or r32_opcode or r32_vvvv => Doubles,
        r64_or_mem or r64_reg or r64_rm or r64_opcode or r64_vvvv => Quads,
        xmm_or_mem or xmm_reg or xmm_rm or xmm_vvvv or xmm_is4 => Vectors,
        ymm_or_mem or ymm_reg or ymm_rm or ymm_vvvv or ymm_is4 => WideVectors,
        mm_or_mem or mm_reg or mm_rm => Multimedia,
        sti_opcode => Stack,
        _ => [],
    };

    public static Register Fixed(OpCodeOperandKind kind) => kind switch
    {
        al => Register.AL,
        cl => Register.CL,
        ax => Register.AX,
        dx => Register.DX,
        eax => Register.EAX,
        rax => Register.RAX,
        st0 => Register.ST0,
        _ => Register.None,
    };

    private static IEnumerable<Register> Range(Register first, Register last) => Enumerable.Range((int)first, last - first + 1).Select(number => (Register)number);
}
