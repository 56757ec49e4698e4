using static Tcg.Mttcg.Translator.Runtime.X87Row;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Moves between registers of the stack, and of the stack itself.</summary>
internal static unsafe class X87Moves
{
    private const uint Carry = 1, Parity = 4, Zero = 0x40;

    public static readonly X87Row[] Rows =
    [
        Stack(0xd9, 0xc8, &Fxch), Stack(0xdd, 0xc8, &Fxch), Stack(0xdf, 0xc8, &Fxch),
        Stack(0xdd, 0xd0, &Fst), Stack(0xdd, 0xd8, &Fstp), Stack(0xdf, 0xd0, &Fstp), Stack(0xdf, 0xd8, &Fstp), Stack(0xd9, 0xd8, &Fstpnce),
        Stack(0xdd, 0xc0, &Ffree), Stack(0xdf, 0xc0, &Ffreep),
        One(0xd9, 0xd0, &Fnop), One(0xd9, 0xf6, &Fdecstp), One(0xd9, 0xf7, &Fincstp),
        Stack(0xda, 0xc0, &Fcmovb),  Stack(0xda, 0xc8, &Fcmove),  Stack(0xda, 0xd0, &Fcmovbe),  Stack(0xda, 0xd8, &Fcmovu),
        Stack(0xdb, 0xc0, &Fcmovnb), Stack(0xdb, 0xc8, &Fcmovne), Stack(0xdb, 0xd0, &Fcmovnbe), Stack(0xdb, 0xd8, &Fcmovnu),
    ];

    private static void Fxch(ref X87Unit x)
    {
        Float80 top = Filled(ref x, 0), other = Filled(ref x, x.Number);
        x.Set(0, other);
        x.Set(x.Number, top);
    }

    private static void Fst(ref X87Unit x) => x.Set(x.Number, Filled(ref x, 0));

    private static void Fstp(ref X87Unit x)
    {
        Fst(ref x);
        x.Pop();
    }

    // D9 D8: an FSTP that takes an empty register without complaint.
    private static void Fstpnce(ref X87Unit x)
    {
        if (!x.IsEmpty(0)) x.Set(x.Number, x.Peek(0));
        x.Pop();
    }

    private static void Ffree(ref X87Unit x) => x.Free(x.Number);

    private static void Ffreep(ref X87Unit x)
    {
        Ffree(ref x);
        x.Pop();
    }

    private static void Fnop(ref X87Unit x) => x.ConditionsKept |= X87Compare.C1;

    private static void Fdecstp(ref X87Unit x) => x.Turn(-1);
    private static void Fincstp(ref X87Unit x) => x.Turn(1);

    private static void Fcmovb(ref X87Unit x) => MoveIf(ref x, (x.Eflags & Carry) != 0);
    private static void Fcmove(ref X87Unit x) => MoveIf(ref x, (x.Eflags & Zero) != 0);
    private static void Fcmovbe(ref X87Unit x) => MoveIf(ref x, (x.Eflags & (Carry | Zero)) != 0);
    private static void Fcmovu(ref X87Unit x) => MoveIf(ref x, (x.Eflags & Parity) != 0);
    private static void Fcmovnb(ref X87Unit x) => MoveIf(ref x, (x.Eflags & Carry) == 0);
    private static void Fcmovne(ref X87Unit x) => MoveIf(ref x, (x.Eflags & Zero) == 0);
    private static void Fcmovnbe(ref X87Unit x) => MoveIf(ref x, (x.Eflags & (Carry | Zero)) == 0);
    private static void Fcmovnu(ref X87Unit x) => MoveIf(ref x, (x.Eflags & Parity) == 0);

    // Both registers must be in use, whatever the condition says.
    private static void MoveIf(ref X87Unit x, bool condition)
    {
        if (x.Underflows(0) || x.Underflows(x.Number))
        {
            x.Set(0, Float80.Indefinite);
            return;
        }
        x.ConditionsKept |= X87Compare.C1;
        if (condition) x.Set(0, x.Peek(x.Number));
    }

    private static Float80 Filled(ref X87Unit x, int number) => x.Underflows(number) ? Float80.Indefinite : x.Peek(number);
}
