namespace Tcg.Mttcg.Translator.Host.Interpreter.Float;

/// <summary>
/// The quick way: arithmetic of the host, taken only when operands and result are normal numbers and <see cref="FloatContext.HostWillDo"/>, so that
/// neither rounding nor flags can differ.
/// </summary>
internal static class HostFloat
{
    public static bool TryAdd(ulong a, ulong b, in FloatFormat format, in FloatContext context, out ulong result)
    {
        result = 0;
        if (!Usable(a, b, format, context)) return false;
        result = format.Bits == 64 ? Bits(Real(a) + Real(b)) : Bits(RealSingle(a) + RealSingle(b));
        return format.IsNormal(result);
    }

    public static bool TryMultiply(ulong a, ulong b, in FloatFormat format, in FloatContext context, out ulong result)
    {
        result = 0;
        if (!Usable(a, b, format, context)) return false;
        result = format.Bits == 64 ? Bits(Real(a) * Real(b)) : Bits(RealSingle(a) * RealSingle(b));
        return IsSafe(result, format);
    }

    public static bool TryDivide(ulong a, ulong b, in FloatFormat format, in FloatContext context, out ulong result)
    {
        result = 0;
        if (!Usable(a, b, format, context)) return false;
        result = format.Bits == 64 ? Bits(Real(a) / Real(b)) : Bits(RealSingle(a) / RealSingle(b));
        return IsSafe(result, format);
    }

    private static bool Usable(ulong a, ulong b, in FloatFormat format, in FloatContext context) =>
        context.HostWillDo && format.IsNormal(a) && format.IsNormal(b);

    // The smallest normal number may have been rounded up from a tiny one.
    private static bool IsSafe(ulong result, in FloatFormat format) => format.IsNormal(result) && format.Exponent(result) > 1;

    private static double Real(ulong bits) => BitConverter.UInt64BitsToDouble(bits);
    private static float RealSingle(ulong bits) => BitConverter.UInt32BitsToSingle((uint)bits);
    private static ulong Bits(double value) => BitConverter.DoubleToUInt64Bits(value);
    private static ulong Bits(float value) => BitConverter.SingleToUInt32Bits(value);
}
