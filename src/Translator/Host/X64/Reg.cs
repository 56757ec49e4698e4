namespace Tcg.Mttcg.Translator.Host.X64;

/// <summary>Host general registers, by encoding.</summary>
internal enum Reg : byte
{
    Rax, Rcx, Rdx, Rbx, Rsp, Rbp, Rsi, Rdi, R8, R9, R10, R11, R12, R13, R14, R15,
    None = 255,
}
