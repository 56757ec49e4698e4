using Tcg.Mttcg.Translator.Ir;
using static Tcg.Mttcg.Translator.Ir.ArithmeticFlags;

namespace Tcg.Mttcg.Translator.Host.Interpreter;

/// <summary>
/// Shifts and rotates (SDM 2B: SAL/SAR/SHL/SHR, RCL/RCR/ROL/ROR, SHLD, SHRD). Each takes the raw count, gives the result, its flags and which of
/// them it defined (none for a masked count of zero). Where the SDM leaves a flag undefined: OF for counts above 1 follows the formula of
/// count 1 applied to the result, AF is cleared.
/// </summary>
internal static class Shifts
{
    public static ulong Shl(ulong a, int count, OpSize size, out uint flags, out ArithmeticFlags defined)
    {
        if (Masked(ref count, size) == 0) return Untouched(a, out flags, out defined);
        var bits = Width.Bits(size);
        var result = count >= bits ? 0 : (a << count) & Width.Mask(size);
        var carry = count <= bits ? (a >> (bits - count)) & 1 : 0;
        return Shifted(result, carry, carry ^ Top(result, size), size, out flags, out defined);
    }

    public static ulong Shr(ulong a, int count, OpSize size, out uint flags, out ArithmeticFlags defined)
    {
        if (Masked(ref count, size) == 0) return Untouched(a, out flags, out defined);
        var bits = Width.Bits(size);
        var result = count >= bits ? 0 : a >> count;
        var carry = count <= bits ? (a >> (count - 1)) & 1 : 0;
        return Shifted(result, carry, Top(result, size) ^ Top(result << 1, size), size, out flags, out defined);
    }

    public static ulong Sar(ulong a, int count, OpSize size, out uint flags, out ArithmeticFlags defined)
    {
        if (Masked(ref count, size) == 0) return Untouched(a, out flags, out defined);
        var signed = Width.SignExtend(a, size);
        var result = (ulong)(signed >> count) & Width.Mask(size);
        var carry = (ulong)(signed >> (count - 1)) & 1;
        return Shifted(result, carry, 0, size, out flags, out defined);
    }

    public static ulong Rol(ulong a, int count, OpSize size, out uint flags, out ArithmeticFlags defined)
    {
        if (Masked(ref count, size) == 0) return Untouched(a, out flags, out defined);
        var bits = Width.Bits(size);
        count &= bits - 1;
        var result = count == 0 ? a : ((a << count) | (a >> (bits - count))) & Width.Mask(size);
        var carry = result & 1;
        return Rotated(result, carry, carry ^ Top(result, size), out flags, out defined);
    }

    public static ulong Ror(ulong a, int count, OpSize size, out uint flags, out ArithmeticFlags defined)
    {
        if (Masked(ref count, size) == 0) return Untouched(a, out flags, out defined);
        var bits = Width.Bits(size);
        count &= bits - 1;
        var result = count == 0 ? a : ((a >> count) | (a << (bits - count))) & Width.Mask(size);
        return Rotated(result, Top(result, size), Top(result, size) ^ Top(result << 1, size), out flags, out defined);
    }

    public static ulong Rcl(ulong a, int count, ulong carry, OpSize size, out uint flags, out ArithmeticFlags defined)
    {
        if (Masked(ref count, size) == 0) return Untouched(a, out flags, out defined);
        for (count %= Width.Bits(size) + 1; count > 0; count--)
        {
            var top = Top(a, size);
            a = ((a << 1) | carry) & Width.Mask(size);
            carry = top;
        }
        return Rotated(a, carry, carry ^ Top(a, size), out flags, out defined);
    }

    public static ulong Rcr(ulong a, int count, ulong carry, OpSize size, out uint flags, out ArithmeticFlags defined)
    {
        if (Masked(ref count, size) == 0) return Untouched(a, out flags, out defined);
        for (count %= Width.Bits(size) + 1; count > 0; count--)
        {
            var low = a & 1;
            a = (a >> 1) | (carry << (Width.Bits(size) - 1));
            carry = low;
        }
        return Rotated(a, carry, Top(a, size) ^ Top(a << 1, size), out flags, out defined);
    }

    /// <summary>16-bit counts above 16 (undefined) shift the 48 bits a:b:a, as processors do.</summary>
    public static ulong Shld(ulong a, ulong b, int count, OpSize size, out uint flags, out ArithmeticFlags defined)
    {
        if (Masked(ref count, size) == 0) return Untouched(a, out flags, out defined);
        var bits = Width.Bits(size);
        ulong result, carry;
        if (count <= bits)
        {
            result = ((count == bits ? 0 : a << count) | (b >> (bits - count))) & Width.Mask(size);
            carry = (a >> (bits - count)) & 1;
        }
        else
        {
            result = ((b << (count - bits)) | (a >> (2 * bits - count))) & Width.Mask(size);
            carry = (b >> (2 * bits - count)) & 1;
        }
        return Shifted(result, carry, Top(a, size) ^ Top(result, size), size, out flags, out defined);
    }

    /// <inheritdoc cref="Shld"/>
    public static ulong Shrd(ulong a, ulong b, int count, OpSize size, out uint flags, out ArithmeticFlags defined)
    {
        if (Masked(ref count, size) == 0) return Untouched(a, out flags, out defined);
        var bits = Width.Bits(size);
        ulong result, carry;
        if (count <= bits)
        {
            result = ((count == bits ? 0 : a >> count) | (b << (bits - count))) & Width.Mask(size);
            carry = (a >> (count - 1)) & 1;
        }
        else
        {
            result = ((b >> (count - bits)) | (a << (2 * bits - count))) & Width.Mask(size);
            carry = (b >> (count - bits - 1)) & 1;
        }
        return Shifted(result, carry, Top(result, size) ^ Top(result << 1, size), size, out flags, out defined);
    }

    private static int Masked(ref int count, OpSize size) => count &= size == OpSize.B64 ? 63 : 31;

    private static ulong Top(ulong value, OpSize size) => (value >> (Width.Bits(size) - 1)) & 1;

    private static ulong Untouched(ulong a, out uint flags, out ArithmeticFlags defined)
    {
        flags = 0;
        defined = None;
        return a;
    }

    private static ulong Shifted(ulong result, ulong carry, ulong overflow, OpSize size, out uint flags, out ArithmeticFlags defined)
    {
        flags = GuestFlags.OfResult(result, size) | (uint)carry | ((uint)overflow << 11);
        defined = All;
        return result;
    }

    private static ulong Rotated(ulong result, ulong carry, ulong overflow, out uint flags, out ArithmeticFlags defined)
    {
        flags = (uint)carry | ((uint)overflow << 11);
        defined = CF | OF;
        return result;
    }
}
