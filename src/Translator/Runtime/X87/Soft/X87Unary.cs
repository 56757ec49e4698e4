using static Tcg.Mttcg.Translator.Runtime.X87Row;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Operations of ST(0) alone, and those that are exact in ST(0) and ST(1): remainder, scale, extract.</summary>
internal static unsafe class X87Unary
{
    public static readonly X87Row[] Rows =
    [
        One(0xd9, 0xe0, &Fchs),
        One(0xd9, 0xe1, &Fabs),
        One(0xd9, 0xf4, &Fxtract),
        One(0xd9, 0xf5, &Fprem1),
        One(0xd9, 0xf8, &Fprem),
        One(0xd9, 0xfa, &Fsqrt),
        One(0xd9, 0xfc, &Frndint),
        One(0xd9, 0xfd, &Fscale),
    ];

    private static void Fchs(ref X87Unit x) => x.Set(0, x.Underflows(0) ? Float80.Indefinite : x.Peek(0).Negated);

    private static void Fabs(ref X87Unit x) => x.Set(0, x.Underflows(0) ? Float80.Indefinite : x.Peek(0).Absolute);

    private static void Fsqrt(ref X87Unit x) => x.Set(0, x.Underflows(0) ? Float80.Indefinite : X87Arithmetic.SquareRoot(x.Peek(0), ref x.Context));

    private static void Frndint(ref X87Unit x) => x.Set(0, x.Underflows(0) ? Float80.Indefinite : X87Convert.ToIntegral(x.Peek(0), ref x.Context));

    private static void Fscale(ref X87Unit x) =>
        x.Set(0, x.Underflows(0) || x.Underflows(1) ? Float80.Indefinite : X87Remainder.Scale(x.Peek(0), x.Peek(1), ref x.Context));

    private static void Fxtract(ref X87Unit x)
    {
        var (exponent, significand) = x.Underflows(0) || x.LacksRoom() ? (Float80.Indefinite, Float80.Indefinite) : X87Remainder.Extract(x.Peek(0), ref x.Context);
        x.Set(0, exponent);
        x.Turn(-1);
        x.Set(0, significand);
    }

    private static void Fprem(ref X87Unit x) => Remainder(ref x, toNearest: false);

    private static void Fprem1(ref X87Unit x) => Remainder(ref x, toNearest: true);

    // The low bits of the quotient, in odd order; C2: not done yet.
    private static void Remainder(ref X87Unit x, bool toNearest)
    {
        x.ConditionsKept = X87Compare.C0 | X87Compare.C3;
        if (x.Underflows(0) || x.Underflows(1))
        {
            x.Set(0, Float80.Indefinite);
            return;
        }
        x.Set(0, X87Remainder.Remainder(x.Peek(0), x.Peek(1), toNearest, ref x.Context, out var quotient, out var complete));
        if (x.IsBlocked || x.Peek(0).IsNan) return;
        x.ConditionsKept = 0;
        if (!complete) x.Conditions |= X87Compare.C2;
        else x.Conditions |= (ushort)(((quotient & 4) != 0 ? X87Compare.C0 : 0) | ((quotient & 2) != 0 ? X87Compare.C3 : 0) | ((quotient & 1) != 0 ? X87Compare.C1 : 0));
        x.Context.RoundedUp = false;
    }
}
