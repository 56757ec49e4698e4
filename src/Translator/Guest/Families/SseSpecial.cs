using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>SSE instructions with operands that do not show: implicit registers or memory.</summary>
internal static class SseSpecial
{
    public static readonly LiftRow[] Rows =
    [
        new(Mnemonic.Pcmpistri, CompareToIndex),
        new(Mnemonic.Pcmpistrm, Simd.Lift),
        new(Mnemonic.Maskmovdqu, MaskedStore),
    ];

    /// <summary>The index goes to ECX.</summary>
    private static void CompareToIndex(Lifting at)
    {
        Simd.Lift(at);
        if (at.Ended) return;
        ref var i = ref at.Block.Instructions[^1];
        i.Dst = Lifting.Rcx;
        i.Size = OpSize.B32;
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
