using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>SSE and AVX instructions with operands that do not show: implicit registers or memory.</summary>
internal static class SseSpecial
{
    public static readonly LiftRow[] Rows =
    [
        new(Mnemonic.Pcmpistri,    at => Compare(at, lengths: false, index: true)),
        new(Mnemonic.Pcmpistrm,    at => Compare(at, lengths: false, index: false)),
        new(Mnemonic.Pcmpestri,    at => Compare(at, lengths: true,  index: true)),
        new(Mnemonic.Pcmpestri64,  at => Compare(at, lengths: true,  index: true)),
        new(Mnemonic.Pcmpestrm,    at => Compare(at, lengths: true,  index: false)),
        new(Mnemonic.Pcmpestrm64,  at => Compare(at, lengths: true,  index: false)),
        new(Mnemonic.Vpcmpistri,   at => Compare(at, lengths: false, index: true)),
        new(Mnemonic.Vpcmpistrm,   at => Compare(at, lengths: false, index: false)),
        new(Mnemonic.Vpcmpestri,   at => Compare(at, lengths: true,  index: true)),
        new(Mnemonic.Vpcmpestri64, at => Compare(at, lengths: true,  index: true)),
        new(Mnemonic.Vpcmpestrm,   at => Compare(at, lengths: true,  index: false)),
        new(Mnemonic.Vpcmpestrm64, at => Compare(at, lengths: true,  index: false)),
        new(Mnemonic.Maskmovdqu,   MaskedStore),
        new(Mnemonic.Vmaskmovdqu,  MaskedStore),
        new(Mnemonic.Vzeroall,     at => Zero(at, Code.VEX_Vpxor_xmm_xmm_xmmm128)),
        new(Mnemonic.Vzeroupper,   at => Zero(at, Code.VEX_Vpor_xmm_xmm_xmmm128)),
    ];

    /// <summary>The explicit lengths are in RAX and RDX; an index goes to ECX, a mask to XMM0.</summary>
    private static void Compare(Lifting at, bool lengths, bool index)
    {
        Simd.Lift(at);
        if (at.Ended) return;
        ref var i = ref at.Block.Instructions[^1];
        if (lengths)
        {
            i.A = Lifting.Rax;
            i.B = Lifting.Rdx;
        }
        if (!index) return;
        i.Dst = Lifting.Rcx;
        i.Size = OpSize.B32;
    }

    /// <summary>VZEROALL, VZEROUPPER. Outside 64-bit mode YMM8 to YMM15 stay: then each register has an instruction of its own.</summary>
    private static void Zero(Lifting at, Code each)
    {
        if (at.Is64)
        {
            Simd.Lift(at);
            return;
        }
        if (!Simd.Available(at)) return;
        for (var register = Register.XMM0; register <= Register.XMM7; register++)
            Simd.Made(at, Instruction.Create(each, register, register, register), OpSize.B128, Operand.None, Operand.None);
    }

    /// <summary>MASKMOVDQU, byte by byte: rare, and a store of a whole vector would write bytes that the mask leaves out.</summary>
    private static void MaskedStore(Lifting at)
    {
        if (!Simd.Available(at)) return;
        Register source = at.Instruction.Op1Register, mask = at.Instruction.Op2Register;
        var address = MaskedDestination(at);
        var chosen = at.Temp();
        Simd.Made(at, Instruction.Create(Code.Pmovmskb_r32_xmm, Register.EAX, mask), OpSize.B32, chosen, Operand.None);
        for (var word = 0; word < 8; word++)
        {
            var value = at.Temp();
            Simd.Made(at, Instruction.Create(Code.Pextrw_r32_xmm_imm8, Register.EAX, source, word), OpSize.B32, value, Operand.None);
            StoreIfChosen(at, address with { Displacement = 2 * word }, chosen, 2 * word, value);
            var high = at.Compute(IrOp.Shr, OpSize.B32, value, at.Constant(8));
            StoreIfChosen(at, address with { Displacement = (2 * word) + 1 }, chosen, (2 * word) + 1, high);
        }
    }

    /// <summary>Where MASKMOVDQU and MASKMOVQ store: DS:RDI, no operand in sight.</summary>
    public static IrAddress MaskedDestination(Lifting at) => new()
    {
        Base = Lifting.Rdi,
        AddressSize = at.Instruction.Op0Kind switch { OpKind.MemorySegDI => OpSize.B16, OpKind.MemorySegEDI => OpSize.B32, _ => OpSize.B64 },
        Segment = at.Flatten(at.Instruction.MemorySegment),
        Linear32 = !at.Is64,
    };

    public static void StoreIfChosen(Lifting at, in IrAddress address, Operand chosen, int bit, Operand value)
    {
        var skip = at.NewLabel();
        at.BranchIfZero(at.Compute(IrOp.And, OpSize.B32, chosen, at.Constant(1u << bit)), OpSize.B32, skip);
        at.Store(at.At(address, 1, write: true), OpSize.B8, value);
        at.Label(skip);
    }
}
