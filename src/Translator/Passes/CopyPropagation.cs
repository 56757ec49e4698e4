using System.Runtime.InteropServices;
using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Passes;

/// <summary>
/// Replaces reads of temporaries by what they were copied from, folds operations on constants, puts a constant second where order does not
/// matter, and moves constants of addresses into their displacements. One forward sweep; everything is forgotten at a label.
/// </summary>
internal static class CopyPropagation
{
    private const int GprCount = 16;
    private const int Rax = 0;

    public static void Run(IrBlock block, PassScratch scratch)
    {
        Span<int> gprVersions = stackalloc int[GprCount];
        gprVersions.Clear();
        var known = scratch.Known(block.Temps);
        known.Clear();
        var code = block.Instructions;
        for (var index = 0; index < code.Length; index++)
        {
            ref var op = ref code[index];
            if (op.Op == IrOp.Label) Forget(known);
            ReplaceSources(block, ref op, known, gprVersions);
            ConstantFolding.Fold(block, ref op);
            if (op.A.IsConstant && !op.B.IsConstant && (OpTable.Of(op.Op).Traits & OpTraits.Commutes) != 0) (op.A, op.B) = (op.B, op.A);
            NoteWrites(op, known, gprVersions);
            if (op.Op == IrOp.Mov && op.Dst.IsTemp && op.Dst != op.A) Learn(op, known, gprVersions);
        }
    }

    private static void Forget(Span<KnownValue> known)
    {
        foreach (ref var value in known) value.Value = Operand.None;
    }

    private static void ReplaceSources(IrBlock block, ref IrInstruction op, ReadOnlySpan<KnownValue> known, ReadOnlySpan<int> gprVersions)
    {
        var size = IrShape.ReadSize(op);
        if (op.A.IsTemp) op.A = Source(op.A, size, known, gprVersions);
        if (op.B.IsTemp) op.B = Source(op.B, size, known, gprVersions);
        if (op.C.IsTemp) op.C = Source(op.C, size, known, gprVersions);
        if (op.Mem >= 0) ReplaceAddress(block, ref op, known, gprVersions);
    }

    // An address may be shared by operations before and after a write to what it names, so a changed one is a new one.
    private static void ReplaceAddress(IrBlock block, ref IrInstruction op, ReadOnlySpan<KnownValue> known, ReadOnlySpan<int> gprVersions)
    {
        ref readonly var old = ref CollectionsMarshal.AsSpan(block.Addresses)[op.Mem];
        if (!old.Base.IsTemp && !old.Index.IsTemp && !old.Base.IsConstant && !old.Index.IsConstant) return;
        var address = old;
        address.Base = Source(address.Base, address.AddressSize, known, gprVersions);
        address.Index = Source(address.Index, address.AddressSize, known, gprVersions);
        if (address.Base.IsConstant)
        {
            address.Displacement += (long)block.ConstantValue(address.Base);
            address.Base = Operand.None;
        }
        if (address.Index.IsConstant)
        {
            address.Displacement += (long)(block.ConstantValue(address.Index) << address.ScaleShift);
            address.Index = Operand.None;
        }
        if (address.Base != old.Base || address.Index != old.Index) op.Mem = block.Address(address);
    }

    private static Operand Source(Operand operand, OpSize size, ReadOnlySpan<KnownValue> known, ReadOnlySpan<int> gprVersions)
    {
        if (!operand.IsTemp) return operand;
        ref readonly var value = ref known[operand.Number];
        if (value.Value.IsNone || size > value.Size || value.SourceVersion != VersionOf(value.Value, known, gprVersions)) return operand;
        return value.Value;
    }

    private static int VersionOf(Operand operand, ReadOnlySpan<KnownValue> known, ReadOnlySpan<int> gprVersions) =>
        operand.IsGpr ? gprVersions[operand.Number] : operand.IsTemp ? known[operand.Number].Version : 0;

    private static void NoteWrites(in IrInstruction op, Span<KnownValue> known, Span<int> gprVersions)
    {
        NoteWrite(op.Dst, known, gprVersions);
        NoteWrite(op.Dst2, known, gprVersions);
        if (op.Op == IrOp.GuestCmpXchg) gprVersions[Rax]++;
        if ((OpTable.Of(op.Op).Traits & OpTraits.CallsHelper) == 0) return;
        foreach (ref var version in gprVersions) version++;
    }

    private static void NoteWrite(Operand operand, Span<KnownValue> known, Span<int> gprVersions)
    {
        if (operand.IsGpr) gprVersions[operand.Number]++;
        if (!operand.IsTemp) return;
        known[operand.Number].Version++;
        known[operand.Number].Value = Operand.None;
    }

    private static void Learn(in IrInstruction op, Span<KnownValue> known, ReadOnlySpan<int> gprVersions)
    {
        ref var value = ref known[op.Dst.Number];
        value.Value = op.A;
        value.Size = op.A.IsConstant && op.Size >= OpSize.B32 ? OpSize.B64 : op.Size;
        value.SourceVersion = VersionOf(op.A, known, gprVersions);
    }
}
