namespace Tcg.Mttcg.Translator.Tests.Ir;

/// <summary>One well-formed line or more of each operation.</summary>
internal static class IrSamples
{
    public static readonly string[] Lines =
    [
        "insn_start 0xfffffff0",
        "label L0",
        "br L0", "br_if.ne L0", "br_if.le L0", "br_zero.32 L0, rcx", "br_non_zero.16 L0, rcx",
        "goto_tb slot0, 0x1000", "goto_tb slot1, 0x0", "goto_indirect rax", "goto_indirect 0x1234",
        "exit_tb halt, rax", "exit_tb lookup", "exit_tb exception, 0x5",
        "rax = mov.64 0x123456789abcdef0", "rcx = movzx.32.from8 rdx", "r15 = movsx.64.from32 r8",
        "rax = lea.64 [rbx+rcx*8-0x10]", "rax = lea.16 [rbx+rsi*1 a16]", "rax = lea.64 [0x8+0x10]", "rax = lea.64 [+0x10]", "rax = lea.32 [+rcx*4-0x1 a32]",
        "rax = lea.64 [rbx-0x8000000000000000]",
        "t0 = extract_high rax", "rbx = insert_high 0x7", "rax = bswap.64 rax",
        "rax = cmov.32.ae rcx, rdx", "rax = set_cc.8.np",
        "rax = add.64.flags rax, 0x1", "rax = adc.8.flags rcx, rdx", "sub.16.flags rax, 0xffff", "rax = sbb.32 rax, rax",
        "and.8.flags rax, rax", "rax = or.64 rax, rcx", "rax = xor.32.flags rax, rax", "rax = inc.32.flags rax", "rax = dec.64 rax", "rax = neg.8.flags rcx", "rax = not.64 rax",
        "rax = shl.64.flags rax, 0x3", "rax = shr.8.flags rax, rcx", "rax = sar.32 rax, 0x1f", "rax = rol.16.flags rax, rcx", "rax = ror.64 rax, 0x1",
        "rax = rcl.8.flags rax, rcx", "rax = rcr.64.flags rax, 0x1", "rax = shld.64.flags rax, rdx, rcx", "rax = shrd.16.flags rax, rdx, 0x4",
        "rax = imul.32.flags rax, 0x7", "rax, rdx = mul_wide.64.flags rax, rcx", "rax = mul_wide.8 rax, rcx", "rax, rdx = imul_wide.32.flags rax, rcx",
        "rax, rdx = div.64 rax, rdx, rcx", "rax, t0 = div.8 rax, -, rcx", "rax, rdx = idiv.32 rax, rdx, rcx",
        "bt.64.flags rax, 0x3f", "rax = bts.32.flags rax, rcx", "rax = btr.16.flags rax, rcx", "rax = btc.64 rax, 0x1",
        "rax = bsf.64.flags rcx", "rax = bsr.32.flags rcx", "rax = tzcnt.64.flags rcx", "rax = lzcnt.16.flags rcx", "rax = popcnt.32.flags rcx", "rax = crc32.8 rax, rcx",
        "rax = andn.64.flags rcx, rdx", "rax = bextr.32.flags rax, rcx", "rax = blsi.64.flags rax", "rcx = blsmsk.32.flags rax", "rax = blsr.64.flags rcx",
        "rax = bzhi.32.flags rax, rcx", "rax = pdep.64 rcx, rdx", "rax = pext.32 rcx, rdx", "rax = adcx.64.flags rax, rcx", "rax = adox.32.flags rax, rcx",
        "t0 = read_flags", "write_flags {CF|PF|ZF}, rax", "set_carry", "clear_carry.flags", "complement_carry",
        "t0 = guest_load.64.from8.sx [rbx]", "rax = guest_load.32.from32 [gs:rbx+t0*2+0x7fffffff a32 linear32]",
        "guest_store.16 [es:rdi+0x1], 0xffff", "rax = guest_rmw.32.xadd.lock.flags [rbx], rax", "guest_rmw.8.inc.flags [rbx]", "guest_cmp_xchg.64.lock.flags [rbx+0x8], rcx",
        "probe_write.64 [ss:rsp-0x8]",
        "rcx = load_state.64 $Cr0", "store_state.16 $Ds+12, rax", "rax = load_state.32 $Gpr+8",
        "rax = call @In, 0x60, 0x1", "call @Cpuid", "rax = call @RaiseException, 0xd, 0x0, 0x1",
        "simd #64@0x1000:660f58c1  ; addpd xmm0,xmm1", "simd #64@0x1000:0f2803 load16, [rbx aligned16]  ; movaps xmm0,[rbx]",
        "rax = simd.32 #32@0x7c00:0f50c0  ; movmskps eax,xmm0", "simd.64.flags #64@0x1000:660f2ec1  ; ucomisd xmm0,xmm1",
        "fence mfence", "fence sfence", "pause",
    ];
}
