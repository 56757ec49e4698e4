using System.Buffers.Binary;
using static Tcg.Mttcg.Translator.Runtime.X87Row;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Comparisons into the condition codes and into EFLAGS, and FXAM.</summary>
internal static unsafe class X87Comparisons
{
    private const uint Carry = 1, Parity = 4, Zero = 0x40;

    public static readonly X87Row[] Rows =
    [
        InMemory(0xd8, 2, &FcomSingle), InMemory(0xd8, 3, &FcompSingle), InMemory(0xdc, 2, &FcomDouble), InMemory(0xdc, 3, &FcompDouble),
        InMemory(0xda, 2, &Ficom32), InMemory(0xda, 3, &Ficomp32), InMemory(0xde, 2, &Ficom16), InMemory(0xde, 3, &Ficomp16),
        Stack(0xd8, 0xd0, &Fcom), Stack(0xdc, 0xd0, &Fcom),
        Stack(0xd8, 0xd8, &Fcomp), Stack(0xdc, 0xd8, &Fcomp), Stack(0xde, 0xd0, &Fcomp),
        One(0xde, 0xd9, &Fcompp), One(0xda, 0xe9, &Fucompp),
        Stack(0xdd, 0xe0, &Fucom), Stack(0xdd, 0xe8, &Fucomp),
        Stack(0xdb, 0xf0, &Fcomi), Stack(0xdf, 0xf0, &Fcomip), Stack(0xdb, 0xe8, &Fucomi), Stack(0xdf, 0xe8, &Fucomip),
        One(0xd9, 0xe4, &Ftst), One(0xd9, 0xe5, &Fxam),
    ];

    private static void FcomSingle(ref X87Unit x) => WithReal(ref x, BinaryPrimitives.ReadUInt32LittleEndian(x.Operand), X87Format.Single);
    private static void FcomDouble(ref X87Unit x) => WithReal(ref x, BinaryPrimitives.ReadUInt64LittleEndian(x.Operand), X87Format.Double);
    private static void Ficom32(ref X87Unit x) => With(ref x, X87Convert.FromInteger(BinaryPrimitives.ReadInt32LittleEndian(x.Operand)), false);
    private static void Ficom16(ref X87Unit x) => With(ref x, X87Convert.FromInteger(BinaryPrimitives.ReadInt16LittleEndian(x.Operand)), false);
    private static void Fcom(ref X87Unit x) => Set(ref x, Order(ref x, x.Number, quiet: false));
    private static void Fucom(ref X87Unit x) => Set(ref x, Order(ref x, x.Number, quiet: true));
    private static void Ftst(ref X87Unit x) => With(ref x, Float80.Zero(false), false);

    private static void FcompSingle(ref X87Unit x)
    {
        FcomSingle(ref x);
        x.Pop();
    }

    private static void FcompDouble(ref X87Unit x)
    {
        FcomDouble(ref x);
        x.Pop();
    }

    private static void Ficomp32(ref X87Unit x)
    {
        Ficom32(ref x);
        x.Pop();
    }

    private static void Ficomp16(ref X87Unit x)
    {
        Ficom16(ref x);
        x.Pop();
    }

    private static void Fcomp(ref X87Unit x)
    {
        Fcom(ref x);
        x.Pop();
    }

    private static void Fucomp(ref X87Unit x)
    {
        Fucom(ref x);
        x.Pop();
    }

    private static void Fcompp(ref X87Unit x)
    {
        Fcom(ref x);
        x.Pop();
        x.Pop();
    }

    private static void Fucompp(ref X87Unit x)
    {
        Fucom(ref x);
        x.Pop();
        x.Pop();
    }

    private static void Fcomi(ref X87Unit x) => SetFlags(ref x, Order(ref x, x.Number, quiet: false));
    private static void Fucomi(ref X87Unit x) => SetFlags(ref x, Order(ref x, x.Number, quiet: true));

    private static void Fcomip(ref X87Unit x)
    {
        Fcomi(ref x);
        x.Pop();
    }

    private static void Fucomip(ref X87Unit x)
    {
        Fucomi(ref x);
        x.Pop();
    }

    private static void Fxam(ref X87Unit x) => Set(ref x, X87Compare.Examine(x.Peek(0), x.IsEmpty(0)));

    private static void WithReal(ref X87Unit x, ulong bits, in X87Format format) => With(ref x, X87Convert.FromMemory(bits, format), X87Convert.IsDenormal(bits, format));

    private static void With(ref X87Unit x, Float80 other, bool denormal)
    {
        if (x.Underflows(0))
        {
            Set(ref x, X87Compare.Unordered);
            return;
        }
        var order = X87Compare.Compare(x.Peek(0), other, quiet: false, ref x.Context);
        if (denormal && order != X87Compare.Unordered) x.Context.Flags |= X87Flags.Denormal;
        Set(ref x, order);
    }

    private static ushort Order(ref X87Unit x, int number, bool quiet) =>
        x.Underflows(0) || x.Underflows(number) ? X87Compare.Unordered : X87Compare.Compare(x.Peek(0), x.Peek(number), quiet, ref x.Context);

    private static void Set(ref X87Unit x, ushort conditions)
    {
        x.ConditionsKept = 0;
        x.Conditions = conditions;
    }

    private static void SetFlags(ref X87Unit x, ushort order)
    {
        // Processors leave C1 alone here but for a stack fault.
        if ((x.Context.Flags & X87Flags.StackFault) == 0) x.ConditionsKept |= X87Compare.C1;
        x.SetsEflags = true;
        x.Eflags = 0;
        if ((order & X87Compare.C0) != 0) x.Eflags |= Carry;
        if ((order & X87Compare.C2) != 0) x.Eflags |= Parity;
        if ((order & X87Compare.C3) != 0) x.Eflags |= Zero;
    }
}
