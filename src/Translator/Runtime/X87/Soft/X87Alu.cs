using System.Buffers.Binary;
using static Tcg.Mttcg.Translator.Runtime.X87Row;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>FADD, FMUL, FSUB, FSUBR, FDIV, FDIVR in all their forms: with memory, with ST(i), to ST(i), and popping.</summary>
internal static unsafe class X87Alu
{
    private interface IOperation
    {
        static abstract Float80 Compute(Float80 top, Float80 other, ref X87Context context);
    }

    // By the reg field; 2 and 3 are comparisons.
    public static readonly X87Row[] Rows =
        [.. Forms<Add>(0), .. Forms<Multiply>(1), .. Forms<Subtract>(4), .. Forms<SubtractReversed>(5), .. Forms<Divide>(6), .. Forms<DivideReversed>(7)];

    private static X87Row[] Forms<T>(int reg)
        where T : struct, IOperation =>
    [
        InMemory(0xd8, reg, &WithSingle<T>), InMemory(0xdc, reg, &WithDouble<T>), InMemory(0xda, reg, &WithInt32<T>), InMemory(0xde, reg, &WithInt16<T>),
        Stack(0xd8, 0xc0 + 8 * reg, &ToTop<T>), Stack(0xdc, 0xc0 + 8 * reg, &ToOther<T>), Stack(0xde, 0xc0 + 8 * reg, &ToOtherAndPop<T>),
    ];

    private static void WithSingle<T>(ref X87Unit x)
        where T : struct, IOperation => WithReal<T>(ref x, BinaryPrimitives.ReadUInt32LittleEndian(x.Operand), X87Format.Single);

    private static void WithDouble<T>(ref X87Unit x)
        where T : struct, IOperation => WithReal<T>(ref x, BinaryPrimitives.ReadUInt64LittleEndian(x.Operand), X87Format.Double);

    private static void WithInt32<T>(ref X87Unit x)
        where T : struct, IOperation => With<T>(ref x, X87Convert.FromInteger(BinaryPrimitives.ReadInt32LittleEndian(x.Operand)), false);

    private static void WithInt16<T>(ref X87Unit x)
        where T : struct, IOperation => With<T>(ref x, X87Convert.FromInteger(BinaryPrimitives.ReadInt16LittleEndian(x.Operand)), false);

    private static void WithReal<T>(ref X87Unit x, ulong bits, in X87Format format)
        where T : struct, IOperation => With<T>(ref x, X87Convert.FromMemory(bits, format), X87Convert.IsDenormal(bits, format));

    private static void With<T>(ref X87Unit x, Float80 other, bool denormal)
        where T : struct, IOperation
    {
        if (x.Underflows(0))
        {
            x.Set(0, Float80.Indefinite);
            return;
        }
        var top = x.Peek(0);
        x.Set(0, T.Compute(top, other, ref x.Context));
        // A denormal of memory is a normal number by now.
        if (denormal && NotesDenormals(top, x.Context)) x.Context.Flags |= X87Flags.Denormal;
    }

    private static bool NotesDenormals(Float80 top, in X87Context context) =>
        (context.Flags & (X87Flags.Invalid | X87Flags.DivideByZero)) == 0 && !top.IsNan && !top.IsUnsupported;

    private static void ToTop<T>(ref X87Unit x)
        where T : struct, IOperation => x.Set(0, Both<T>(ref x));

    private static void ToOther<T>(ref X87Unit x)
        where T : struct, IOperation => x.Set(x.Number, Both<T>(ref x));

    private static void ToOtherAndPop<T>(ref X87Unit x)
        where T : struct, IOperation
    {
        x.Set(x.Number, Both<T>(ref x));
        x.Pop();
    }

    private static Float80 Both<T>(ref X87Unit x)
        where T : struct, IOperation => x.Underflows(0) || x.Underflows(x.Number) ? Float80.Indefinite : T.Compute(x.Peek(0), x.Peek(x.Number), ref x.Context);

    private readonly struct Add : IOperation
    {
        public static Float80 Compute(Float80 top, Float80 other, ref X87Context context) => X87Arithmetic.Add(top, other, ref context);
    }

    private readonly struct Multiply : IOperation
    {
        public static Float80 Compute(Float80 top, Float80 other, ref X87Context context) => X87Arithmetic.Multiply(top, other, ref context);
    }

    private readonly struct Subtract : IOperation
    {
        public static Float80 Compute(Float80 top, Float80 other, ref X87Context context) => X87Arithmetic.Subtract(top, other, ref context);
    }

    private readonly struct SubtractReversed : IOperation
    {
        public static Float80 Compute(Float80 top, Float80 other, ref X87Context context) => X87Arithmetic.Subtract(other, top, ref context);
    }

    private readonly struct Divide : IOperation
    {
        public static Float80 Compute(Float80 top, Float80 other, ref X87Context context) => X87Arithmetic.Divide(top, other, ref context);
    }

    private readonly struct DivideReversed : IOperation
    {
        public static Float80 Compute(Float80 top, Float80 other, ref X87Context context) => X87Arithmetic.Divide(other, top, ref context);
    }
}
