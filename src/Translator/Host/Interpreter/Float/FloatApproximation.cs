using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Float;

/// <summary>
/// RCPPS and RSQRTPS: a relative error of at most 1.5 * 2^-12, no rounding mode, no exceptions (SDM 2B). Within that, processors differ: on an x86
/// host its own numbers, so that both back ends agree; elsewhere the true ones, rounded to twelve bits.
/// </summary>
internal static class FloatApproximation
{
    private const int DroppedBits = 12;
    private const float SmallestNormal = 1.17549435e-38f;

    public static float Reciprocal(float value) =>
        Sse.IsSupported ? Sse.ReciprocalScalar(Vector128.CreateScalar(value)).GetElement(0) : PortableReciprocal(value);

    public static float ReciprocalRoot(float value) =>
        Sse.IsSupported ? Sse.ReciprocalSqrtScalar(Vector128.CreateScalar(value)).GetElement(0) : PortableReciprocalRoot(value);

    public static float PortableReciprocal(float value) => float.IsNaN(value) ? Quieted(value) : Shortened(Flushed(1 / Flushed(value)));

    public static float PortableReciprocalRoot(float value)
    {
        if (float.IsNaN(value)) return Quieted(value);
        value = Flushed(value);
        if (value == 0) return 1 / value;
        return value < 0 ? BitConverter.UInt32BitsToSingle((uint)FloatFormat.Single.DefaultNan) : Shortened((float)(1 / Math.Sqrt(value)));
    }

    // Denormal numbers count as zero, coming and going.
    private static float Flushed(float value) => MathF.Abs(value) < SmallestNormal ? MathF.CopySign(0, value) : value;

    private static float Quieted(float value) => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) | (uint)FloatFormat.Single.QuietBit);

    // Half a unit of what stays is added before the cut; infinity and zero stay as they are.
    private static float Shortened(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return BitConverter.UInt32BitsToSingle((bits + (1u << (DroppedBits - 1))) & ~((1u << DroppedBits) - 1));
    }
}
