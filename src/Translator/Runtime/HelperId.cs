namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>
/// Managed routines that translated code calls for what is too rare or too large to inline. Arguments A, B, C and the result are 64-bit words;
/// what each takes is said at its row. A helper that faults sets the pending exception and <see cref="CpuState.HelperExit"/>.
/// </summary>
public enum HelperId : ushort
{
    // Memory slow paths, called by back ends only. A = linear address, C = packed MemoryAccess.
    /// <summary>Result: the value, zero-extended.</summary>
    LoadSlow,
    /// <summary>B = value.</summary>
    StoreSlow,
    /// <summary>B = source operand; result: the old value. Memory is updated as the RmwKind says; the caller computes the flags from old value and source.</summary>
    RmwSlow,
    /// <summary>B = new value; compares with RAX in the state, result: the old value. The caller computes flags and RAX.</summary>
    CmpXchgSlow,
    ProbeWriteSlow,
    /// <summary>Copies up to 64 bytes from the guest into <see cref="CpuState.Bounce"/>.</summary>
    LoadWide,
    /// <summary>Copies up to 64 bytes from <see cref="CpuState.Bounce"/> to the guest; all or nothing.</summary>
    StoreWide,

    /// <summary>A = vector, B = error code, C = 1 if it has one. Raises; never returns to the block.</summary>
    RaiseException,
    /// <summary>A = vector, B = length of the instruction: INT n, INT3, INTO, INT1.</summary>
    SoftwareInterrupt,

    Cpuid, Rdtsc, Rdtscp, Rdpmc, Rdmsr, Wrmsr, Hlt, Mwait, Monitor, Xgetbv, Xsetbv, Rdrand, Rdseed, Rdpid,
    /// <summary>A = control register number; result its value. Write: B = value.</summary>
    ReadCr, WriteCr, ReadDr, WriteDr,
    Clts, Lmsw, Invlpg, Invpcid, Wbinvd,
    /// <summary>A = operand size in bytes.</summary>
    Pushf, Popf, Cli, Sti,
    /// <summary>A = segment register (encoding), B = selector. Loads with all checks of the mode.</summary>
    LoadSegment,
    /// <summary>A = selector, B = offset, C = operand size in bytes | next RIP &lt;&lt; 8 where a return address is pushed. RIP is set.</summary>
    FarJump, FarCall,
    /// <summary>A = operand size in bytes, B = bytes to release. RIP is set.</summary>
    FarReturn,
    /// <summary>A = operand size in bytes. RIP is set.</summary>
    InterruptReturn,
    /// <summary>A = next RIP. RIP is set.</summary>
    SysCall, SysEnter,
    /// <summary>A = operand size in bytes. RIP is set.</summary>
    SysRet, SysExit,
    SwapGs, Lgdt, Lidt, Sgdt, Sidt, Lldt, Ltr, Sldt, Str, Smsw, Lar, Lsl, Verr, Verw, Arpl, Bound, Enter,
    /// <summary>A = port, B = size in bytes; result the value. Out: C = value. Permission (IOPL, I/O bitmap) is checked inside.</summary>
    In, Out,
    /// <summary>
    /// String instructions with or without REP. A = packed StringOperation, B = RIP of the instruction. Does a bounded part; result 1: not finished,
    /// execute the instruction again.
    /// </summary>
    StringOperation,
    /// <summary>B = bytes (8 or 16), A = linear address, C = 1 with LOCK. RDX:RAX, RCX:RBX as the instruction.</summary>
    CmpXchgWide,
    /// <summary>A = linear address, B = 1 for the 64-bit form.</summary>
    FxSave, FxRstor, Xsave, Xrstor, LdMxCsr, StMxCsr,
    /// <summary>x87 by opcode: A = (first byte &amp; 7) &lt;&lt; 8 | ModRM, B = linear address of a memory operand.</summary>
    X87,
    /// <summary>A = segment, B = offset, C = size | write &lt;&lt; 8: checks limit, type and presence; #GP/#SS. Result: B.</summary>
    CheckSegment,
    /// <summary>AAA, AAS, AAM, AAD, DAA, DAS by opcode byte in A, immediate in B.</summary>
    Decimal,
}
