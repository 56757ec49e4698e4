using static Tcg.Mttcg.Translator.Ir.OpTraits;
using static Tcg.Mttcg.Translator.Ir.ArithmeticFlags;

namespace Tcg.Mttcg.Translator.Ir;

/// <summary>
/// The operations between guest and host. x86-shaped on purpose: an <c>add</c> of the guest is one <see cref="Add"/> and becomes one host
/// <c>add</c>, flags included.
/// <para>
/// Sizes: an operation of size 64 writes the whole destination, 32 zero-extends to 64, 16 and 8 merge into the low bits (of a guest register;
/// the upper bits of a temporary are then undefined). Sources are read at the operation's size.
/// </para>
/// <para>
/// Guest flags are one implicit value. An operation touches them only if its <see cref="IrInstruction.SetsFlags"/> is on; then it defines the
/// flags named in its attribute exactly as the x86 instruction of that name does (a shift or rotate by zero leaves all). Without it the
/// operation leaves the guest flags alone.
/// </para>
/// </summary>
public enum IrOp : byte
{
    // -- structure -------------------------------------------------------------------------------------------------------------------
    /// <summary>A guest instruction begins; Imm is its RIP (offset in CS). What follows faults with this RIP.</summary>
    [Op(0, 0)]                                   InsnStart,
    /// <summary>Label number Imm stands here.</summary>
    [Op(0, 0, Structure)]                        Label,
    /// <summary>To label Imm.</summary>
    [Op(0, 0, Structure)]                        Br,
    /// <summary>To label Imm if the guest flags satisfy Cond.</summary>
    [Op(0, 0, Structure, Reads = All)]           BrIf,
    /// <summary>To label Imm if A is zero at Size.</summary>
    [Op(0, 1, Structure)]                        BrZero,
    /// <summary>To label Imm if A is not zero at Size.</summary>
    [Op(0, 1, Structure)]                        BrNonZero,
    /// <summary>Ends the block: chained jump by slot Aux (0 to 3) to RIP Imm, which lies on this block's first page.</summary>
    [Op(0, 0, EndsBlock)]                        GotoTb,
    /// <summary>Ends the block: RIP becomes A (64-bit operand or constant, already truncated to the mode); found through the jump cache, same flags and CS base.</summary>
    [Op(0, 1, EndsBlock)]                        GotoIndirect,
    /// <summary>Ends the block to the dispatcher with <see cref="Runtime.TbExitReason"/> Aux; RIP becomes A unless A is none (already in the state).</summary>
    [Op(0, 1, EndsBlock)]                        ExitTb,

    // -- data movement ---------------------------------------------------------------------------------------------------------------
    [Op(1, 1, Pure)]                             Mov,
    /// <summary>Dst (Size) becomes A, zero-extended from size SourceSize.</summary>
    [Op(1, 1, Pure)]                             Movzx,
    /// <summary>Dst (Size) becomes A, sign-extended from size SourceSize.</summary>
    [Op(1, 1, Pure)]                             Movsx,
    /// <summary>Dst (Size) becomes the effective address Mem, without segment base.</summary>
    [Op(1, 0, Pure | HasMemory)]                    Lea,
    /// <summary>Dst (8 bits) becomes bits 15:8 of A: a read of AH, CH, DH, BH.</summary>
    [Op(1, 1, Pure)]                             ExtractHigh,
    /// <summary>Bits 15:8 of Dst become the low 8 of A; all other bits stay.</summary>
    [Op(1, 1, Pure | ReadsDst)]                  InsertHigh,
    [Op(1, 1, Pure)]                             Bswap,
    /// <summary>Dst (Size) becomes Cond ? A : B. At 32 bits it zero-extends either way, as CMOVcc does.</summary>
    [Op(1, 2, Pure, Reads = All)]                CMov,
    /// <summary>Dst (Size) becomes Cond ? 1 : 0.</summary>
    [Op(1, 0, Pure, Reads = All)]                SetCc,

    // -- arithmetic ------------------------------------------------------------------------------------------------------------------
    // Dst may be none: only the flags are wanted (CMP is Sub, TEST is And).
    [Op(1, 2, Pure | Commutes, Writes = All)]    Add,
    [Op(1, 2, Pure | Commutes, Writes = All, Reads = CF)] Adc,
    [Op(1, 2, Pure, Writes = All)]               Sub,
    [Op(1, 2, Pure, Writes = All, Reads = CF)]   Sbb,
    [Op(1, 2, Pure | Commutes, Writes = All)]    And,
    [Op(1, 2, Pure | Commutes, Writes = All)]    Or,
    [Op(1, 2, Pure | Commutes, Writes = All)]    Xor,
    [Op(1, 1, Pure, Writes = AllButCarry)]       Inc,
    [Op(1, 1, Pure, Writes = AllButCarry)]       Dec,
    [Op(1, 1, Pure, Writes = All)]               Neg,
    [Op(1, 1, Pure)]                             Not,
    /// <summary>Dst becomes A shifted by B (8 bits, masked by 31 or 63 as the SDM says). Same for the next seven.</summary>
    [Op(1, 2, Pure | CountDecides, Writes = All)]       Shl,
    [Op(1, 2, Pure | CountDecides, Writes = All)]       Shr,
    [Op(1, 2, Pure | CountDecides, Writes = All)]       Sar,
    [Op(1, 2, Pure | CountDecides, Writes = CF | OF)]   Rol,
    [Op(1, 2, Pure | CountDecides, Writes = CF | OF)]   Ror,
    [Op(1, 2, Pure | CountDecides, Writes = CF | OF, Reads = CF)] Rcl,
    [Op(1, 2, Pure | CountDecides, Writes = CF | OF, Reads = CF)] Rcr,
    /// <summary>Dst becomes A shifted by C, filled from B.</summary>
    [Op(1, 3, Pure | CountDecides, Writes = All)]       Shld,
    [Op(1, 3, Pure | CountDecides, Writes = All)]       Shrd,
    /// <summary>Two-operand IMUL: the low half.</summary>
    [Op(1, 2, Pure | Commutes, Writes = All)]    IMul,
    /// <summary>Dst:Dst2 (low, high) become the unsigned product A * B. At size 8 Dst is 16 bits wide (AX) and Dst2 is none.</summary>
    [Op(2, 2, Pure | Commutes, Writes = All)]    MulWide,
    /// <summary>As <see cref="MulWide"/>, signed.</summary>
    [Op(2, 2, Pure | Commutes, Writes = All)]    IMulWide,
    /// <summary>Dst, Dst2 become quotient and remainder of B:A (high, low) by C; #DE on zero or overflow. At size 8 the dividend is A's low 16 bits and B is none.</summary>
    [Op(2, 3, Faults)]                           Div,
    /// <summary>As <see cref="Div"/>, signed.</summary>
    [Op(2, 3, Faults)]                           IDiv,
    /// <summary>CF becomes bit B (masked to Size) of A. Dst is none.</summary>
    [Op(0, 2, Pure, Writes = CF)]                Bt,
    [Op(1, 2, Pure, Writes = CF)]                Bts,
    [Op(1, 2, Pure, Writes = CF)]                Btr,
    [Op(1, 2, Pure, Writes = CF)]                Btc,
    /// <summary>Dst keeps its old value when A is zero, as all processors do.</summary>
    [Op(1, 1, Pure | ReadsDst, Writes = All)]    Bsf,
    [Op(1, 1, Pure | ReadsDst, Writes = All)]    Bsr,
    [Op(1, 1, Pure, Writes = All)]               Tzcnt,
    [Op(1, 1, Pure, Writes = All)]               Lzcnt,
    [Op(1, 1, Pure, Writes = All)]               Popcnt,
    /// <summary>Dst (32 bits) becomes CRC-32C of A extended by B at Size.</summary>
    [Op(1, 2, Pure)]                             Crc32,

    // Bits, as BMI1, BMI2 and ADX name them. Where A is a mask or a field, AF and PF are undefined as the SDM says.
    /// <summary>Dst becomes ~A &amp; B.</summary>
    [Op(1, 2, Pure, Writes = All)]               Andn,
    /// <summary>Dst becomes the field of A that B tells: start in bits 7:0, length in bits 15:8.</summary>
    [Op(1, 2, Pure, Writes = All)]               Bextr,
    /// <summary>Dst becomes A's lowest set bit.</summary>
    [Op(1, 1, Pure, Writes = All)]               Blsi,
    /// <summary>Dst becomes ones up to A's lowest set bit, that bit included.</summary>
    [Op(1, 1, Pure, Writes = All)]               Blsmsk,
    /// <summary>Dst becomes A without its lowest set bit.</summary>
    [Op(1, 1, Pure, Writes = All)]               Blsr,
    /// <summary>Dst becomes A without the bits from number B (its low 8 bits) upwards.</summary>
    [Op(1, 2, Pure, Writes = All)]               Bzhi,
    /// <summary>Dst becomes A's low bits, spread to the places that B has ones in.</summary>
    [Op(1, 2, Pure)]                             Pdep,
    /// <summary>Dst becomes the bits of A where B has ones, gathered at the low end.</summary>
    [Op(1, 2, Pure)]                             Pext,
    /// <summary>Dst becomes A + B + CF; of all flags only CF is written.</summary>
    [Op(1, 2, Pure | Commutes, Writes = CF, Reads = CF)] Adcx,
    /// <summary>As <see cref="Adcx"/> with OF in the place of CF.</summary>
    [Op(1, 2, Pure | Commutes, Writes = OF, Reads = OF)] Adox,

    // -- flags -----------------------------------------------------------------------------------------------------------------------
    /// <summary>Dst becomes the six arithmetic flags at their EFLAGS positions; other bits zero.</summary>
    [Op(1, 0, Pure, Reads = All)]                ReadFlags,
    /// <summary>The arithmetic flags in mask Imm are taken from A; the others stay.</summary>
    [Op(0, 1, 0, Writes = All, Reads = All)]     WriteFlags,
    [Op(0, 0, 0, Writes = CF)]                   SetCarry,
    [Op(0, 0, 0, Writes = CF)]                   ClearCarry,
    [Op(0, 0, 0, Writes = CF, Reads = CF)]       ComplementCarry,

    // -- guest memory ----------------------------------------------------------------------------------------------------------------
    /// <summary>Dst (Size) becomes the value at Mem of SourceSize, extended by <see cref="IrInstruction.Extend"/>.</summary>
    [Op(1, 0, Faults | HasMemory)]                  GuestLoad,
    /// <summary>Stores A at Size.</summary>
    [Op(0, 1, Faults | HasMemory)]                  GuestStore,
    /// <summary>Memory becomes memory Rmw A at Size; Dst, if any, the old value. Lock makes it atomic (XCHG always is). Flags as the instruction of that name.</summary>
    [Op(1, 1, Faults | HasMemory, Writes = All, Reads = CF)] GuestRmw,
    /// <summary>CMPXCHG: compares guest RAX (at Size) with memory; equal: memory becomes A; else RAX becomes memory. Flags of the comparison. Memory is always written.</summary>
    [Op(0, 1, Faults | HasMemory, Writes = All)]    GuestCmpXchg,
    /// <summary>The store of Size (up to 128) at Mem would succeed, or faults now. For instructions that must not change anything before all their stores are known to succeed.</summary>
    [Op(0, 0, Faults | HasMemory)]                  ProbeWrite,

    // -- processor state, helpers, SIMD ----------------------------------------------------------------------------------------------
    /// <summary>Dst becomes the field of <see cref="Runtime.CpuState"/> at byte offset Imm, zero-extended from Size.</summary>
    [Op(1, 0, Pure)]                             LoadState,
    [Op(0, 1, 0)]                                StoreState,
    /// <summary>Dst becomes helper number Imm (<see cref="Runtime.HelperId"/>) of A, B, C. The helper sees and may change the whole guest state, and may fault.</summary>
    [Op(1, 3, Faults | CallsHelper, Writes = All, Reads = All)] Call,
    /// <summary>
    /// SIMD instruction number Imm of <see cref="IrBlock.Simd"/>: its vector registers are the guest's; a general register source is A (explicit
    /// lengths of string compares: A and B), a general register result is Dst, a memory operand is Mem.
    /// </summary>
    [Op(1, 2, Faults | HasMemory, Writes = All)]    Simd,
    /// <summary>MFENCE, or what LFENCE/SFENCE need on the host (Aux: 0 MFENCE, 1 LFENCE, 2 SFENCE).</summary>
    [Op(0, 0, 0)]                                Fence,
    /// <summary>PAUSE: Imm 0. The back end may give the core away.</summary>
    [Op(0, 0, 0)]                                Pause,
}
