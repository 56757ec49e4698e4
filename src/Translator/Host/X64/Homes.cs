namespace Tcg.Mttcg.Translator.Host.X64;

/// <summary>
/// The host register convention of translated code. It holds across TBs, so a chained jump moves nothing.
/// <para>
/// RSP is the host stack, RBP the environment (<see cref="Runtime.CpuState"/>), RAX, RCX and RDX are scratch of the lowering. Nine guest registers
/// live in host registers; the others stay in the state and serve as memory operands. Guest XMMn is host XMMn.
/// </para>
/// </summary>
internal static class Homes
{
    public const Reg Environment = Reg.Rbp;

    /// <summary>Host home of each guest general register; None: it lives in the state.</summary>
    public static ReadOnlySpan<Reg> Of =>
    [
        //  rax     rcx      rdx      rbx      rsp      rbp      rsi      rdi
        Reg.R9,  Reg.R10, Reg.R11, Reg.Rbx, Reg.R14, Reg.R15, Reg.Rsi, Reg.Rdi,
        //  r8
        Reg.R8, Reg.None, Reg.None, Reg.None, Reg.None, Reg.None, Reg.None, Reg.None,
    ];

    /// <summary>Registers for values inside a block. Callee-saved in the System V convention: a helper call keeps them.</summary>
    public static ReadOnlySpan<Reg> Temps => [Reg.R12, Reg.R13];
}
