using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Guest.Families;

/// <summary>MOV from and to segment, control and debug registers.</summary>
internal static class SpecialRegisters
{
    /// <summary>Lifts a MOV with such a register; false for an ordinary one.</summary>
    public static bool TryMove(Lifting at)
    {
        var target = at.IsRegister(0) ? at.RegisterOf(0) : Register.None;
        var source = at.IsRegister(1) ? at.RegisterOf(1) : Register.None;
        if (target.IsSegmentRegister()) WriteSegment(at, target);
        else if (source.IsSegmentRegister()) ReadSegment(at, source);
        else if (target.IsCR() || source.IsCR()) Control(at, target, source);
        else if (target.IsDR() || source.IsDR()) Debug(at, target, source);
        else if (target.IsTR() || source.IsTR()) at.RaiseUndefined();
        else return false;
        return true;
    }

    /// <summary>A segment register's selector, zero-extended.</summary>
    public static Operand Selector(Lifting at, Register segment) =>
        at.LoadState(CpuState.SegmentBaseOffset((Segment)(segment - Register.ES)) + StateFields.Selector, OpSize.B16);

    private static void ReadSegment(Lifting at, Register segment)
    {
        var selector = Selector(at, segment);
        if (at.IsMemory(0)) at.StoreMemory(OpSize.B16, selector);
        else at.WriteRegister(at.RegisterOf(0), at.SizeOf(0), selector);
    }

    private static void WriteSegment(Lifting at, Register segment)
    {
        if (segment == Register.CS)
        {
            at.RaiseUndefined();
            return;
        }
        SegmentLoads.Load(at, segment, at.Read(1, OpSize.B16));
        at.ExitLookup();
    }

    private static void Control(Lifting at, Register target, Register source)
    {
        var number = (target.IsCR() ? target : source) - Register.CR0;
        if (number is not (0 or 2 or 3 or 4 or 8)) at.RaiseUndefined();
        else if (at.Context.Cpl != 0) at.RaiseGeneralProtection();
        else if (target.IsCR()) WriteThrough(at, HelperId.WriteCr, number, source);
        else at.WriteRegister(target, at.SizeOf(0), at.Call(HelperId.ReadCr, at.Constant((uint)number)));
    }

    private static void Debug(Lifting at, Register target, Register source)
    {
        var number = (target.IsDR() ? target : source) - Register.DR0;
        if (number > 7) at.RaiseUndefined();
        else if (at.Context.Cpl != 0) at.RaiseGeneralProtection();
        else if (target.IsDR()) WriteThrough(at, HelperId.WriteDr, number, source);
        else at.WriteRegister(target, at.SizeOf(0), at.Call(HelperId.ReadDr, at.Constant((uint)number)));
    }

    private static void WriteThrough(Lifting at, HelperId helper, int number, Register source)
    {
        var value = at.ZeroExtend(at.ReadRegister(source), Lifting.SizeOfBytes(source.GetSize()));
        at.Invoke(helper, at.Constant((uint)number), value);
        at.ExitLookup();
    }
}
