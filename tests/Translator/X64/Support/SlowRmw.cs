using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.X64;

/// <summary>What a read-modify-write leaves in memory, in plain C#.</summary>
internal static class SlowRmw
{
    public static ulong Apply(MemoryAccess access, ulong old, ulong source)
    {
        var carry = access.Carry ? 1ul : 0;
        var bit = 1ul << (int)(source & (ulong)(8 * access.Bytes - 1));
        return access.Rmw switch
        {
            RmwKind.Add or RmwKind.Xadd => old + source,
            RmwKind.Or => old | source,
            RmwKind.Adc => old + source + carry,
            RmwKind.Sbb => old - source - carry,
            RmwKind.And => old & source,
            RmwKind.Sub => old - source,
            RmwKind.Xor => old ^ source,
            RmwKind.Inc => old + 1,
            RmwKind.Dec => old - 1,
            RmwKind.Not => ~old,
            RmwKind.Neg => 0 - old,
            RmwKind.Xchg => source,
            RmwKind.Bts => old | bit,
            RmwKind.Btr => old & ~bit,
            RmwKind.Btc => old ^ bit,
            _ => throw new ArgumentOutOfRangeException(nameof(access)),
        };
    }
}
