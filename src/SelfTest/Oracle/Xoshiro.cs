using System.Numerics;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>Random numbers that are the same with every runtime and cost a nanosecond: xoshiro256** (Blackman and Vigna), seeded by SplitMix64.</summary>
internal sealed class Xoshiro
{
    private ulong _a, _b, _c, _d;

    public Xoshiro(ulong seed) => (_a, _b, _c, _d) = (Split(ref seed), Split(ref seed), Split(ref seed), Split(ref seed));

    public ulong Next()
    {
        var result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        var shifted = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= shifted;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    /// <summary>0 to <paramref name="bound"/> - 1.</summary>
    public int Next(int bound) => (int)(((Next() >> 32) * (ulong)bound) >> 32);

    public int Next(int from, int bound) => from + Next(bound - from);

    private static ulong Split(ref ulong state)
    {
        var z = state += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
}
