using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Iced.Intel;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>
/// SSE4.2 string comparisons (SDM 1, 10.10.3 and 2B, 4.1). The mask forms write XMM0 and the index forms ECX; the explicit forms take lengths from
/// RAX and RDX.
/// </summary>
internal static unsafe class SimdStrings
{
    public static readonly SimdRow[] Rows =
    [
        new(Mnemonic.Pcmpistri,   &Pcmpistri),
        new(Mnemonic.Pcmpistrm,   &Pcmpistrm),
        new(Mnemonic.Pcmpestri,   &Pcmpestri),
        new(Mnemonic.Pcmpestri64, &Pcmpestri64),
        new(Mnemonic.Pcmpestrm,   &Pcmpestrm),
        new(Mnemonic.Pcmpestrm64, &Pcmpestrm64),
    ];

    private const int Rax = 0, Rdx = 2;

    private static void Pcmpistri(ref SimdOperands o) => Index(ref o, Match(ref o, ImplicitLength(o, o.Dst), ImplicitLength(o, o.Src)));
    private static void Pcmpistrm(ref SimdOperands o) => Mask(ref o, Match(ref o, ImplicitLength(o, o.Dst), ImplicitLength(o, o.Src)));
    private static void Pcmpestri(ref SimdOperands o) => Index(ref o, Match(ref o, Length(o, (int)o.State->Gpr[Rax]), Length(o, (int)o.State->Gpr[Rdx])));
    private static void Pcmpestri64(ref SimdOperands o) => Index(ref o, Match(ref o, Length(o, (long)o.State->Gpr[Rax]), Length(o, (long)o.State->Gpr[Rdx])));
    private static void Pcmpestrm(ref SimdOperands o) => Mask(ref o, Match(ref o, Length(o, (int)o.State->Gpr[Rax]), Length(o, (int)o.State->Gpr[Rdx])));
    private static void Pcmpestrm64(ref SimdOperands o) => Mask(ref o, Match(ref o, Length(o, (long)o.State->Gpr[Rax]), Length(o, (long)o.State->Gpr[Rdx])));

    private static bool IsWord(in SimdOperands o) => (o.Immediate & 1) != 0;

    private static int Lanes(in SimdOperands o) => IsWord(o) ? 8 : 16;

    private static int Length(in SimdOperands o, long given) => (int)Math.Min(given == long.MinValue ? long.MaxValue : Math.Abs(given), Lanes(o));

    private static int ImplicitLength(in SimdOperands o, byte* text)
    {
        var length = 0;
        while (length < Lanes(o) && Element(o, text, length) != 0) length++;
        return length;
    }

    private static int Element(in SimdOperands o, byte* text, int lane) => (o.Immediate & 3) switch
    {
        0 => text[lane],
        1 => ((ushort*)text)[lane],
        2 => ((sbyte*)text)[lane],
        _ => ((short*)text)[lane],
    };

    /// <summary>One bit a lane of Src: the aggregated and polarised result. Sets the flags.</summary>
    private static uint Match(ref SimdOperands o, int lengthA, int lengthB)
    {
        var lanes = Lanes(o);
        uint result = 0;
        for (var lane = 0; lane < lanes; lane++)
        {
            var hit = ((o.Immediate >> 2) & 3) switch
            {
                0 => EqualsAny(o, lane, lengthA, lengthB),
                1 => InRange(o, lane, lengthA, lengthB),
                2 => EqualsEach(o, lane, lengthA, lengthB),
                _ => BeginsHere(o, lane, lengthA, lengthB),
            };
            if (hit) result |= 1u << lane;
        }
        var all = (1u << lanes) - 1;
        if ((o.Immediate & 0x30) == 0x10) result ^= all;
        else if ((o.Immediate & 0x30) == 0x30) result ^= (1u << lengthB) - 1;

        o.Flags = (uint)((result != 0 ? ArithmeticFlags.CF : 0) | (lengthB < lanes ? ArithmeticFlags.ZF : 0)
            | (lengthA < lanes ? ArithmeticFlags.SF : 0) | ((result & 1) != 0 ? ArithmeticFlags.OF : 0));
        return result;
    }

    private static bool EqualsAny(in SimdOperands o, int lane, int lengthA, int lengthB)
    {
        if (lane >= lengthB) return false;
        for (var index = 0; index < lengthA; index++)
        {
            if (Element(o, o.Dst, index) == Element(o, o.Src, lane)) return true;
        }
        return false;
    }

    private static bool InRange(in SimdOperands o, int lane, int lengthA, int lengthB)
    {
        if (lane >= lengthB) return false;
        var value = Element(o, o.Src, lane);
        for (var index = 0; index + 1 < lengthA; index += 2)
        {
            if (Element(o, o.Dst, index) <= value && value <= Element(o, o.Dst, index + 1)) return true;
        }
        return false;
    }

    private static bool EqualsEach(in SimdOperands o, int lane, int lengthA, int lengthB)
    {
        bool validA = lane < lengthA, validB = lane < lengthB;
        return validA && validB ? Element(o, o.Dst, lane) == Element(o, o.Src, lane) : validA == validB;
    }

    // Ordered search: the needle in Dst begins at this lane, as far as both reach.
    private static bool BeginsHere(in SimdOperands o, int lane, int lengthA, int lengthB)
    {
        for (var index = 0; index < lengthA && lane + index < Lanes(o); index++)
        {
            if (lane + index >= lengthB || Element(o, o.Dst, index) != Element(o, o.Src, lane + index)) return false;
        }
        return true;
    }

    private static void Index(ref SimdOperands o, uint result)
    {
        var last = (o.Immediate & 0x40) != 0;
        var index = result == 0 ? Lanes(o) : last ? BitOperations.Log2(result) : BitOperations.TrailingZeroCount(result);
        *(ulong*)o.Dst = (ulong)index;
        o.ResultBytes = 4;
    }

    // Bit 6: one byte or word a lane instead of one bit. XMM0 is written behind the operands' back, as no operand names it.
    private static void Mask(ref SimdOperands o, uint result)
    {
        var mask = Vector128.Create(result, 0u, 0u, 0u).AsByte();
        if ((o.Immediate & 0x40) != 0)
        {
            for (var index = 0; index < 16; index++) mask = mask.WithElement(index, (result >> (IsWord(o) ? index / 2 : index) & 1) != 0 ? (byte)0xff : (byte)0);
        }
        o.KeepsFirst = true;
        Unsafe.WriteUnaligned(o.State->Vector, mask);
        if (o.IsVex) new Span<byte>(o.State->Vector + SimdFetch.LaneBytes, SimdFetch.VectorBytes - SimdFetch.LaneBytes).Clear();
    }
}
