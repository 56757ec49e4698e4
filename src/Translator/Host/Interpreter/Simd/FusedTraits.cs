using Tcg.Mttcg.Translator.Host.Interpreter.Float;

namespace Tcg.Mttcg.Translator.Host.Interpreter.Simd;

/// <summary>The parts of FMA's mnemonics (SDM 1, 14.5).</summary>
internal static unsafe class FusedTraits
{
    /// <summary>Which operands are multiplied, a times b, and which is added: the digits. Dst, Third and Src are operands one, two and three.</summary>
    public interface IOrder
    {
        static abstract void Choose(in SimdOperands o, out byte* a, out byte* b, out byte* c);
    }

    public interface ISigns
    {
        static abstract bool NegatesProduct { get; }

        static abstract bool NegatesAddend(int element);
    }

    /// <summary>PS, PD, SS, SD: how many elements of a lane.</summary>
    public interface IElements
    {
        static abstract int Count { get; }
        static abstract FloatFormat Format { get; }
    }

    public readonly struct O132 : IOrder
    {
        public static void Choose(in SimdOperands o, out byte* a, out byte* b, out byte* c)
        {
            a = o.Dst;
            b = o.Src;
            c = o.Third;
        }
    }

    public readonly struct O213 : IOrder
    {
        public static void Choose(in SimdOperands o, out byte* a, out byte* b, out byte* c)
        {
            a = o.Third;
            b = o.Dst;
            c = o.Src;
        }
    }

    public readonly struct O231 : IOrder
    {
        public static void Choose(in SimdOperands o, out byte* a, out byte* b, out byte* c)
        {
            a = o.Third;
            b = o.Src;
            c = o.Dst;
        }
    }

    public readonly struct Madd : ISigns
    {
        public static bool NegatesProduct => false;

        public static bool NegatesAddend(int element) => false;
    }

    public readonly struct Msub : ISigns
    {
        public static bool NegatesProduct => false;

        public static bool NegatesAddend(int element) => true;
    }

    public readonly struct Nmadd : ISigns
    {
        public static bool NegatesProduct => true;

        public static bool NegatesAddend(int element) => false;
    }

    public readonly struct Nmsub : ISigns
    {
        public static bool NegatesProduct => true;

        public static bool NegatesAddend(int element) => true;
    }

    public readonly struct Maddsub : ISigns
    {
        public static bool NegatesProduct => false;

        public static bool NegatesAddend(int element) => (element & 1) == 0;
    }

    public readonly struct Msubadd : ISigns
    {
        public static bool NegatesProduct => false;

        public static bool NegatesAddend(int element) => (element & 1) != 0;
    }

    public readonly struct Ps : IElements
    {
        public static int Count => 4;
        public static FloatFormat Format => FloatFormat.Single;
    }

    public readonly struct Pd : IElements
    {
        public static int Count => 2;
        public static FloatFormat Format => FloatFormat.Double;
    }

    public readonly struct Ss : IElements
    {
        public static int Count => 1;
        public static FloatFormat Format => FloatFormat.Single;
    }

    public readonly struct Sd : IElements
    {
        public static int Count => 1;
        public static FloatFormat Format => FloatFormat.Double;
    }
}
