namespace Tcg.Mttcg.Translator.Runtime;

public sealed unsafe partial class Cpu
{
    // SDM 3A 20.1.4: three words are pushed, no error code.
    private bool TryDeliverReal(in PendingEvent e)
    {
        if (e.Vector * 4u + 3 > State->IdtLimit) return Fail(ExceptionVector.GeneralProtection, e.Vector * 8u + 2);
        if (!TryReadSystem(State->IdtBase + e.Vector * 4u, 4, out var entry)) return false;
        return TryEnterReal(e, entry, Eflags);
    }

    /// <summary>Pushes FLAGS, CS and IP and goes to segment:offset; IF, TF, AC and RF become clear.</summary>
    private bool TryEnterReal(in PendingEvent e, ulong entry, uint savedFlags)
    {
        if ((ushort)entry > State->Cs.Limit) return Fail(ExceptionVector.GeneralProtection, 0);
        var stack = PushTo(2, stackalloc ulong[3]);
        stack.Push(savedFlags & 0xffff);
        stack.Push(State->Cs.Selector);
        stack.Push(ReturnRip(e) & 0xffff);
        if (!stack.TryCommit()) return false;
        SetStackPointer(stack.Top, StackMask);
        LoadRealSegment(Ir.Segment.Cs, (ushort)(entry >> 16));
        State->Rip = (ushort)entry;
        State->SystemFlags &= ~(Eflag.If | Eflag.Tf | Eflag.Ac | Eflag.Rf);
        InvalidateContext();
        return true;
    }

    // With CR4.VME the TSS says, one bit a vector in the 32 bytes before the I/O bitmap, which INT n an 8086 program handles itself (clear).
    private bool TryReadRedirection(byte vector, out bool redirected)
    {
        redirected = false;
        if (!TryReadTss(Tss.IoMapBase, 2, out var map)) return false;
        if (!TryReadTss((uint)map - 32 + vector / 8u, 1, out var bits)) return false;
        redirected = (bits >> (vector & 7) & 1) == 0;
        return true;
    }

    // SDM 3B 21.3.3: through the 8086 program's own vector table; below IOPL 3 VIF stands in for IF.
    private bool TryDeliverVirtual(in PendingEvent e)
    {
        if (!TryRead(new(e.Vector * 4u), 4, View, out var entry)) return false;
        var flags = Eflags;
        if (Iopl == 3) return TryEnterReal(e, entry, flags);
        var image = (flags & ~Eflag.If) | Eflag.IoplMask | ((flags & Eflag.Vif) != 0 ? Eflag.If : 0);
        if (!TryEnterReal(e, entry, image)) return false;
        State->SystemFlags = (State->SystemFlags & ~Eflag.Vif) | (flags & Eflag.If);
        return true;
    }
}
