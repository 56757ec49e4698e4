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

    // What the lifter relies on: it has checked CPL (and IOPL where said), V8086/real-mode #UD, CR4.TSD and CR4.UMIP; every other check is the
    // helper's. "Result" is the returned word; "in place" means that the helper writes the registers of the instruction in the state. Helpers
    // that define arithmetic flags store them in the state. Helpers never move RIP unless "RIP is set" is said.

    /// <summary>A = vector, B = error code, C = 1 if it has one. Raises; never returns to the block.</summary>
    RaiseException,
    /// <summary>A = vector, B = length of the instruction, C = 0 INT n, 1 INT3, 2 INTO, 3 INT1 (ICEBP). RIP is set.</summary>
    SoftwareInterrupt,

    /// <summary>In place (EAX, ECX to EAX..EDX, MSRs and counters to EDX:EAX). RDPMC: CR4.PCE is the helper's.</summary>
    Cpuid, Rdtsc, Rdtscp, Rdpmc, Rdmsr, Wrmsr,
    /// <summary>Notes the wait in the state; the block leaves with <see cref="TbExitReason.Halt"/> and the next RIP.</summary>
    Hlt,
    /// <summary>Result 1: the monitored line changed, or there is none; 0: the block leaves with <see cref="TbExitReason.Wait"/>.</summary>
    Mwait,
    /// <summary>A = linear address.</summary>
    Monitor,
    /// <summary>In place; #UD without CR4.OSXSAVE.</summary>
    Xgetbv, Xsetbv,
    /// <summary>A = operand size in bytes; result the number. CF as the instruction, the other arithmetic flags zero.</summary>
    Rdrand, Rdseed,
    /// <summary>Result IA32_TSC_AUX.</summary>
    Rdpid,
    /// <summary>A = register number; result its value. Write: B = value.</summary>
    ReadCr, WriteCr, ReadDr, WriteDr,
    Clts,
    /// <summary>In place; #UD without CR4.PKE.</summary>
    Rdpkru, Wrpkru,
    /// <summary>A = source operand (16 bits).</summary>
    Lmsw,
    /// <summary>A = linear address.</summary>
    Invlpg,
    /// <summary>A = linear address of the descriptor, B = type.</summary>
    Invpcid,
    Wbinvd,
    /// <summary>A = operand size in bytes. PUSHF: result the image to push (no stack access; #GP(0) in V8086 mode with IOPL below 3 and no VME).</summary>
    Pushf,
    /// <summary>A = operand size in bytes, B = image that was popped (no stack access, RSP is the caller's): EFLAGS as CPL, IOPL and VME allow.</summary>
    Popf,
    /// <summary>CLI where CPL is above IOPL: VME and PVI or #GP(0).</summary>
    Cli,
    /// <summary>STI, all checks; sets <see cref="CpuState.InterruptShadow"/>.</summary>
    Sti,
    /// <summary>A = segment register (encoding), B = selector. Loads with all checks of the mode; SS sets <see cref="CpuState.InterruptShadow"/>.</summary>
    LoadSegment,
    /// <summary>A = selector, B = offset, C = operand size in bytes | next RIP &lt;&lt; 8 for the return address. RIP is set.</summary>
    FarJump, FarCall,
    /// <summary>A = operand size in bytes, B = bytes to release. RIP is set.</summary>
    FarReturn,
    /// <summary>A = operand size in bytes. RIP is set.</summary>
    InterruptReturn,
    /// <summary>A = next RIP. RIP is set.</summary>
    SysCall, SysEnter,
    /// <summary>A = operand size in bytes (4 or 8). RIP is set.</summary>
    SysRet, SysExit,
    SwapGs,
    /// <summary>A = limit, B = base (already cut to 24 or 32 bits).</summary>
    Lgdt, Lidt,
    /// <summary>A = selector.</summary>
    Lldt, Ltr,
    /// <summary>A = selector; result the access rights (masked with 0x00FFFF00) or the byte limit, ZF as the instruction (result ignored when clear).</summary>
    Lar, Lsl,
    /// <summary>A = selector; ZF as the instruction.</summary>
    Verr, Verw,
    /// <summary>A = destination selector, B = source selector; result the new destination, ZF as the instruction.</summary>
    Arpl,
    /// <summary>A = index, B = lower, C = upper bound, all sign-extended; #BR outside.</summary>
    Bound,
    /// <summary>ENTER with a nesting level: A = operand size in bytes, B = bytes to allocate, C = level (1..31). Stack, RBP and RSP in place.</summary>
    Enter,
    /// <summary>A = port, B = size in bytes; result the value. Out: C = value. Permission (IOPL, I/O bitmap) is checked inside.</summary>
    In, Out,
    /// <summary>
    /// String instructions with or without REP. A = packed <see cref="Runtime.StringOperation"/>, B = RIP of the instruction. Does a bounded part
    /// with registers and flags exact after it; result 1: not finished, execute the instruction again.
    /// </summary>
    StringOperation,
    /// <summary>A = linear address, B = bytes (8 or 16), C = 1 with LOCK. RDX:RAX, RCX:RBX and ZF as the instruction; the other flags stay. 16: #GP(0) unless aligned.</summary>
    CmpXchgWide,
    /// <summary>A = linear address, B = 1 for the 64-bit form.</summary>
    FxSave, FxRstor,
    /// <summary>A = linear address, B = 1 for the 64-bit form, C = <see cref="XsaveVariant"/>. The mask is EDX:EAX in the state. #NM by CR0.TS is the helper's.</summary>
    Xsave, Xrstor,
    /// <summary>A = the new MXCSR; #GP(0) on reserved bits. Result 1: <see cref="TbFlags.SimdExceptions"/> changed.</summary>
    LdMxCsr,
    /// <summary>Result MXCSR with the exception flags of the code before.</summary>
    StMxCsr,
    /// <summary>
    /// x87 by opcode: A = (first byte &amp; 7) &lt;&lt; 8 | ModRM, or 0x800: FWAIT. B = linear address of a memory operand, C = operand size in bytes
    /// (FLDENV, FSAVE and the like). FNSTSW AX, FCOMI and FCMOV in place.
    /// </summary>
    X87,
    /// <summary>A = segment, B = offset, C = size | write &lt;&lt; 8: checks limit, type and presence; #GP/#SS. Result: B.</summary>
    CheckSegment,
    /// <summary>AAA, AAS, AAM, AAD, DAA, DAS by opcode byte in A, immediate in B. AX and flags in place; AAM by zero: #DE.</summary>
    Decimal,
    /// <summary>A = segment (FS or GS), B = base; #GP(0) unless canonical: WRFSBASE, WRGSBASE.</summary>
    WriteSegmentBase,
    /// <summary>A = packed <see cref="MmxCall"/>, B = the source if it is no MMX register, zero-extended. Result: what the instruction computes. #MF like x87.</summary>
    Mmx,
    /// <summary>A = offset in the segment, or linear address if none is named, B = packed <see cref="ElementMove"/>. Vector registers in place.</summary>
    MoveElements,
    /// <summary>A = target of a near branch in 64-bit code, not canonical with four-level paging: #GP(0) of the branch if it is not canonical now either. Result: A.</summary>
    BranchTarget,
    /// <summary>A = linear address of an access that is not aligned while that is checked, B = bytes | write &lt;&lt; 8: the fault that comes first, #AC(0) in the end.</summary>
    Misaligned,
    /// <summary>The instruction runs again by itself under the interpreter, which knows its exceptions: the block is left.</summary>
    Interpret,
}
