using System.Buffers.Binary;
using static Tcg.Mttcg.Translator.Runtime.X87Row;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>What pushes: loads from memory and registers, and constants.</summary>
internal static unsafe class X87Loads
{
    public static readonly X87Row[] Rows =
    [
        InMemory(0xd9, 0, &FldSingle),
        InMemory(0xdd, 0, &FldDouble),
        InMemory(0xdb, 5, &FldExtended),
        InMemory(0xdf, 0, &Fild16),
        InMemory(0xdb, 0, &Fild32),
        InMemory(0xdf, 5, &Fild64),
        InMemory(0xdf, 4, &Fbld),
        Stack(0xd9, 0xc0, &Fld),
        One(0xd9, 0xe8, &Fld1),
        One(0xd9, 0xe9, &Fldl2t),
        One(0xd9, 0xea, &Fldl2e),
        One(0xd9, 0xeb, &Fldpi),
        One(0xd9, 0xec, &Fldlg2),
        One(0xd9, 0xed, &Fldln2),
        One(0xd9, 0xee, &Fldz),
    ];

    private static void FldSingle(ref X87Unit x) => Load(ref x, BinaryPrimitives.ReadUInt32LittleEndian(x.Operand), X87Format.Single);
    private static void FldDouble(ref X87Unit x) => Load(ref x, BinaryPrimitives.ReadUInt64LittleEndian(x.Operand), X87Format.Double);
    private static void Fild16(ref X87Unit x) => x.Push(X87Convert.FromInteger(BinaryPrimitives.ReadInt16LittleEndian(x.Operand)));
    private static void Fild32(ref X87Unit x) => x.Push(X87Convert.FromInteger(BinaryPrimitives.ReadInt32LittleEndian(x.Operand)));
    private static void Fild64(ref X87Unit x) => x.Push(X87Convert.FromInteger(BinaryPrimitives.ReadInt64LittleEndian(x.Operand)));
    private static void Fbld(ref X87Unit x) => x.Push(X87Convert.FromBcd(x.Operand));

    // No exceptions but the stack's: not even for signalling NaNs.
    private static void FldExtended(ref X87Unit x) => x.Push(new(BinaryPrimitives.ReadUInt64LittleEndian(x.Operand), BinaryPrimitives.ReadUInt16LittleEndian(x.Operand[8..])));

    private static void Load(ref X87Unit x, ulong bits, in X87Format format)
    {
        // A denormal is loaded even if its exception is unmasked.
        x.Blocking &= ~X87Flags.Denormal;
        if (x.LacksRoom()) x.Push(default);
        else x.Push(X87Convert.Load(bits, format, ref x.Context));
    }

    private static void Fld(ref X87Unit x)
    {
        if (x.Underflows(x.Number)) x.PushIndefinite();
        else x.Push(x.Peek(x.Number));
    }

    private static void Fld1(ref X87Unit x) => x.Push(Float80.One);
    private static void Fldz(ref X87Unit x) => x.Push(Float80.Zero(false));

    // Kept with more than 64 bits and rounded as the control word says (SDM 1, 8.3.8): here cut, with how it rounds to nearest.
    private static void Fldl2t(ref X87Unit x) => Constant(ref x, 0x4000, 0xd49a784bcd1b8afe, nearestIsUp: false);
    private static void Fldl2e(ref X87Unit x) => Constant(ref x, 0x3fff, 0xb8aa3b295c17f0bb, nearestIsUp: true);
    private static void Fldpi(ref X87Unit x) => Constant(ref x, 0x4000, 0xc90fdaa22168c234, nearestIsUp: true);
    private static void Fldlg2(ref X87Unit x) => Constant(ref x, 0x3ffd, 0x9a209a84fbcff798, nearestIsUp: true);
    private static void Fldln2(ref X87Unit x) => Constant(ref x, 0x3ffe, 0xb17217f7d1cf79ab, nearestIsUp: true);

    private static void Constant(ref X87Unit x, int field, ulong cut, bool nearestIsUp)
    {
        var up = x.Context.Rounding == X87Rounding.Up || (x.Context.Rounding == X87Rounding.Nearest && nearestIsUp);
        x.Push(Float80.Of(false, field, up ? cut + 1 : cut));
    }
}
