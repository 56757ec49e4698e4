using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>
/// Moves that access only the elements which a mask chooses: VMASKMOV, VPMASKMOV and the gathers. One helper, element by element; a masked move
/// whose vector lies in one page that needs no second look is the host's own.
/// </summary>
internal static class AvxMemory
{
    public static readonly LiftRow[] Rows =
    [
        //                                      bytes of an element
        new(Mnemonic.Vmaskmovps, at => Masked(at, 4)),
        new(Mnemonic.Vmaskmovpd, at => Masked(at, 8)),
        new(Mnemonic.Vpmaskmovd, at => Masked(at, 4)),
        new(Mnemonic.Vpmaskmovq, at => Masked(at, 8)),
        //                                          element, index
        new(Mnemonic.Vgatherdps, at => Gather(at, 4, 4)),
        new(Mnemonic.Vgatherdpd, at => Gather(at, 8, 4)),
        new(Mnemonic.Vgatherqps, at => Gather(at, 4, 8)),
        new(Mnemonic.Vgatherqpd, at => Gather(at, 8, 8)),
        new(Mnemonic.Vpgatherdd, at => Gather(at, 4, 4)),
        new(Mnemonic.Vpgatherdq, at => Gather(at, 8, 4)),
        new(Mnemonic.Vpgatherqd, at => Gather(at, 4, 8)),
        new(Mnemonic.Vpgatherqq, at => Gather(at, 8, 8)),
    ];

    private static void Masked(Lifting at, int element)
    {
        var store = at.IsMemory(0);
        var move = new ElementMove
        {
            Kind = store ? ElementMoveKind.Store : ElementMoveKind.Load,
            Vector = Number(at.RegisterOf(store ? 2 : 0)),
            Mask = Number(at.RegisterOf(1)),
            Element = element,
            Count = at.RegisterOf(1).GetSize() / element,
        };
        var address = at.MemoryOperand();
        // A segment's limit and alignment are the elements' matter, not the vector's.
        if (at.Has(TbFlags.AlignmentCheck) || (!at.Is64 && address.Segment != Segment.None)) Move(at, move);
        else if (Simd.Available(at)) Direct(at, address, move);
    }

    private static void Direct(Lifting at, in IrAddress address, ElementMove move)
    {
        var where = move with { AddressSize = address.AddressSize, Segment = Segment.None, Code64 = at.Is64 };
        at.Block.Simd.Add(new IrSimd
        {
            Instruction = at.Instruction,
            MemorySize = (byte)at.Instruction.MemorySize.GetSize(),
            Stores = move.Kind == ElementMoveKind.Store,
            Elements = where.Raw,
        });
        ref var i = ref at.Block.Append(IrOp.Simd);
        i.Size = OpSize.B128;
        i.Mem = at.Block.Address(address);
        i.Imm = (ulong)(at.Block.Simd.Count - 1);
    }

    /// <summary>As many elements as fit the destination and have an index.</summary>
    private static void Gather(Lifting at, int element, int index) => Move(at, new ElementMove
    {
        Kind = ElementMoveKind.Gather,
        Vector = Number(at.RegisterOf(0)),
        Mask = Number(at.RegisterOf(2)),
        Index = Number(at.Instruction.MemoryIndex),
        IndexBytes = index,
        Scale = at.Instruction.MemoryIndexScale,
        Element = element,
        Count = Math.Min(at.RegisterOf(0).GetSize() / element, at.Instruction.MemoryIndex.GetSize() / index),
    });

    private static void Move(Lifting at, ElementMove move)
    {
        if (!Simd.Available(at)) return;
        var address = at.MemoryOperand();
        var start = at.Temp();
        at.EffectiveAddress(start, OpSize.B64, address);
        var where = move with { AddressSize = address.AddressSize, Segment = address.Segment, Code64 = at.Is64 };
        at.Invoke(HelperId.MoveElements, start, at.Constant(where.Raw));
    }

    private static int Number(Register register) => register - (register >= Register.YMM0 ? Register.YMM0 : Register.XMM0);
}
