using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Tcg.Mttcg.Translator.Host.Interpreter.Float;

namespace Tcg.Mttcg.Translator.Tests.Interpreter;

public class ApproximationTests
{
    private const double Bound = 1.5 / 4096;

    [Fact]
    public void Portable_reciprocals_are_as_near_as_the_manual_asks()
    {
        for (uint bits = 0x00800000; bits < 0x7e800000; bits += 0x3a7d1)
        {
            var value = BitConverter.UInt32BitsToSingle(bits);
            Near(1.0 / value, FloatApproximation.PortableReciprocal(value));
            Near(-1.0 / value, FloatApproximation.PortableReciprocal(-value));
            Near(1 / Math.Sqrt(value), FloatApproximation.PortableReciprocalRoot(value));
        }
    }

    [Theory]
    [InlineData(0x00000000u)]
    [InlineData(0x80000000u)]
    [InlineData(0x00000001u)]
    [InlineData(0x807fffffu)]
    [InlineData(0x7f800000u)]
    [InlineData(0xff800000u)]
    [InlineData(0x7fc00001u)]
    [InlineData(0xff800001u)]
    [InlineData(0x7f7fffffu)]
    [InlineData(0xfe800001u)]
    public void Special_values_are_those_of_an_x86_processor(uint bits)
    {
        if (!Sse.IsSupported) return;
        var value = BitConverter.UInt32BitsToSingle(bits);
        Assert.Equal(Bits(Sse.ReciprocalScalar(Vector128.CreateScalar(value)).ToScalar()), Bits(FloatApproximation.PortableReciprocal(value)));
        if (bits is 0x7f7fffff) return;
        Assert.Equal(Bits(Sse.ReciprocalSqrtScalar(Vector128.CreateScalar(value)).ToScalar()), Bits(FloatApproximation.PortableReciprocalRoot(value)));
    }

    private static void Near(double exact, float approximate) =>
        Assert.True(Math.Abs(approximate - exact) <= Math.Abs(exact) * Bound, $"{approximate:r} for {exact:r}");

    private static uint Bits(float value) => BitConverter.SingleToUInt32Bits(value);
}
