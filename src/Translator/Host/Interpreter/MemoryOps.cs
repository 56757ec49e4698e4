using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.Interpreter;

/// <summary>Loads, stores and read-modify-writes. Nothing of the guest's registers or flags changes before the access has succeeded.</summary>
internal static unsafe class MemoryOps
{
    private const int Rax = 0;

    public static readonly ExecuteRow[] Rows =
    [
        new(IrOp.GuestLoad,    &Load),
        new(IrOp.GuestStore,   &Store),
        new(IrOp.GuestRmw,     &Rmw),
        new(IrOp.GuestCmpXchg, &CmpXchg),
        new(IrOp.ProbeWrite,   &ProbeWrite),
    ];

    private static void Load(Frame frame, IrInstruction* op)
    {
        var linear = GuestAddress.Linear(frame, op);
        if (GuestAddress.IsMisaligned(frame, op, linear)) return;
        var value = GuestMemory.Load(frame, linear, op->SourceSize);
        if (frame.Left) return;
        if (op->Extend == Extension.Sign) value = (ulong)Width.SignExtend(value, op->SourceSize);
        frame.Write(op->Dst, op->Size, value);
    }

    private static void Store(Frame frame, IrInstruction* op) =>
        GuestMemory.Store(frame, GuestAddress.Linear(frame, op), op->Size, frame.Read(op->A));

    private static void Rmw(Frame frame, IrInstruction* op)
    {
        var locked = op->Lock || op->Rmw == RmwKind.Xchg;
        var linear = GuestAddress.Linear(frame, op);
        var source = frame.Read(op->A, op->Size);
        var carry = GuestFlags.Carry(frame.State);
        var host = GuestMemory.Find(frame, linear, Width.Bytes(op->Size), TlbEntry.WriteTagOffset);

        uint flags;
        ArithmeticFlags defined;
        ulong old;
        if (host == null || (locked && !HostAtomics.CanAccess(host, op->Size)))
        {
            var access = new MemoryAccess(Width.Bytes(op->Size), frame.Block.Context.MmuIndex, op->Rmw, locked, carry != 0);
            old = frame.Call(HelperId.RmwSlow, linear, source, access.Raw);
            if (frame.Left) return;
            RmwArithmetic.Compute(op->Rmw, old, source, carry, op->Size, out flags, out defined);
        }
        else if (op->Rmw == RmwKind.Xchg)
        {
            old = HostAtomics.Exchange(host, op->Size, source);
            (flags, defined) = (0, ArithmeticFlags.None);
        }
        else if (locked)
        {
            ulong seen = GuestMemory.LoadHost(host, op->Size), result;
            do
            {
                old = seen;
                result = RmwArithmetic.Compute(op->Rmw, old, source, carry, op->Size, out flags, out defined);
                seen = HostAtomics.CompareExchange(host, op->Size, result, old);
            }
            while (seen != old);
        }
        else
        {
            old = GuestMemory.LoadHost(host, op->Size);
            GuestMemory.StoreHost(host, op->Size, RmwArithmetic.Compute(op->Rmw, old, source, carry, op->Size, out flags, out defined));
        }
        if (op->SetsFlags) GuestFlags.Set(frame.State, flags, defined);
        frame.Write(op->Dst, op->Size, old);
    }

    private static void CmpXchg(Frame frame, IrInstruction* op)
    {
        var linear = GuestAddress.Linear(frame, op);
        var expected = frame.State->Gpr[Rax] & Width.Mask(op->Size);
        var value = frame.Read(op->A, op->Size);
        var host = GuestMemory.Find(frame, linear, Width.Bytes(op->Size), TlbEntry.WriteTagOffset);

        ulong old;
        if (host == null || (op->Lock && !HostAtomics.CanAccess(host, op->Size)))
        {
            old = frame.Call(HelperId.CmpXchgSlow, linear, value, new MemoryAccess(Width.Bytes(op->Size), frame.Block.Context.MmuIndex, locked: op->Lock).Raw);
            if (frame.Left) return;
        }
        else if (op->Lock)
        {
            old = HostAtomics.CompareExchange(host, op->Size, value, expected);
        }
        else
        {
            old = GuestMemory.LoadHost(host, op->Size);
            GuestMemory.StoreHost(host, op->Size, old == expected ? value : old);
        }
        Alu.Sub(expected, old, 0, op->Size, out var flags);
        if (op->SetsFlags) GuestFlags.Set(frame.State, flags);
        if (old != expected) frame.Write(Operand.Gpr(Rax), op->Size, old);
    }

    private static void ProbeWrite(Frame frame, IrInstruction* op)
    {
        var linear = GuestAddress.Linear(frame, op);
        var bytes = Width.Bytes(op->Size);
        if (GuestMemory.Find(frame, linear, bytes, TlbEntry.WriteTagOffset) != null) return;
        frame.Call(HelperId.ProbeWriteSlow, linear, 0, GuestMemory.Access(frame, bytes).Raw);
    }
}
