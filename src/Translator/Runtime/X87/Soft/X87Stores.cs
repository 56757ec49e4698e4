using System.Buffers.Binary;
using static Tcg.Mttcg.Translator.Runtime.X87Row;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Stores of ST(0) to memory. An empty register stores the indefinite of the format.</summary>
internal static unsafe class X87Stores
{
    public static readonly X87Row[] Rows =
    [
        InMemory(0xd9, 2, &FstSingle), InMemory(0xd9, 3, &FstpSingle),
        InMemory(0xdd, 2, &FstDouble), InMemory(0xdd, 3, &FstpDouble),
        InMemory(0xdb, 7, &FstpExtended),
        InMemory(0xdf, 2, &Fist), InMemory(0xdf, 3, &Fistp), InMemory(0xdf, 1, &Fisttp),
        InMemory(0xdb, 2, &Fist), InMemory(0xdb, 3, &Fistp), InMemory(0xdb, 1, &Fisttp),
        InMemory(0xdf, 7, &Fistp), InMemory(0xdd, 1, &Fisttp),
        InMemory(0xdf, 6, &Fbstp),
    ];

    private static void FstSingle(ref X87Unit x) => BinaryPrimitives.WriteUInt32LittleEndian(x.Operand, (uint)X87Round.ToMemory(Top(ref x), X87Format.Single, ref x.Context));

    private static void FstDouble(ref X87Unit x) => BinaryPrimitives.WriteUInt64LittleEndian(x.Operand, X87Round.ToMemory(Top(ref x), X87Format.Double, ref x.Context));

    private static void FstpSingle(ref X87Unit x)
    {
        FstSingle(ref x);
        x.Pop();
    }

    private static void FstpDouble(ref X87Unit x)
    {
        FstDouble(ref x);
        x.Pop();
    }

    private static void FstpExtended(ref X87Unit x)
    {
        var value = Top(ref x);
        BinaryPrimitives.WriteUInt64LittleEndian(x.Operand, value.Significand);
        BinaryPrimitives.WriteUInt16LittleEndian(x.Operand[8..], value.High);
        x.Pop();
    }

    private static void Fist(ref X87Unit x)
    {
        var bits = x.Operand.Length * 8;
        var value = X87Convert.ToInteger(Top(ref x), bits, ref x.Context);
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        bytes[..x.Operand.Length].CopyTo(x.Operand);
    }

    private static void Fistp(ref X87Unit x)
    {
        Fist(ref x);
        x.Pop();
    }

    private static void Fisttp(ref X87Unit x)
    {
        x.Context.Rounding = X87Rounding.Zero;
        Fistp(ref x);
    }

    private static void Fbstp(ref X87Unit x)
    {
        X87Convert.ToBcd(Top(ref x), x.Operand, ref x.Context);
        x.Pop();
    }

    private static Float80 Top(ref X87Unit x) => x.Underflows(0) ? Float80.Indefinite : x.Peek(0);
}
