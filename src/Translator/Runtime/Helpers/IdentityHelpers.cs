using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Who the processor is and what time it is: CPUID, counters, random numbers.</summary>
internal static unsafe class IdentityHelpers
{
    internal static readonly HelperRow[] Rows =
    [
        new(HelperId.Cpuid, &Cpuid),
        new(HelperId.Rdtsc, &Rdtsc),
        new(HelperId.Rdtscp, &Rdtscp),
        new(HelperId.Rdpmc, &Rdpmc),
        new(HelperId.Rdpid, &Rdpid),
        new(HelperId.Rdrand, &Random),
        new(HelperId.Rdseed, &Random),
    ];

    private static ulong Cpuid(Cpu cpu, ulong a, ulong b, ulong c)
    {
        var gpr = cpu.State->Gpr;
        var result = CpuidTable.Read(cpu, (uint)gpr[0], (uint)gpr[1]);
        gpr[0] = result.Eax;
        gpr[3] = result.Ebx;
        gpr[1] = result.Ecx;
        gpr[2] = result.Edx;
        return 0;
    }

    private static ulong Rdtsc(Cpu cpu, ulong a, ulong b, ulong c)
    {
        cpu.SetEdxEax(cpu.TimeStamp);
        return 0;
    }

    private static ulong Rdtscp(Cpu cpu, ulong a, ulong b, ulong c)
    {
        cpu.State->Gpr[1] = (uint)cpu.State->TscAux;
        return Rdtsc(cpu, a, b, c);
    }

    // No performance counters are announced, so every index is out of range.
    private static ulong Rdpmc(Cpu cpu, ulong a, ulong b, ulong c)
    {
        cpu.Raise(ExceptionVector.GeneralProtection, 0);
        return 0;
    }

    private static ulong Rdpid(Cpu cpu, ulong a, ulong b, ulong c) => cpu.State->TscAux;

    private static ulong Random(Cpu cpu, ulong bytes, ulong b, ulong c)
    {
        Span<byte> random = stackalloc byte[8];
        RandomNumberGenerator.Fill(random);
        cpu.SetEflags(Eflag.Cf, Eflag.Arithmetic);
        return BinaryPrimitives.ReadUInt64LittleEndian(random) & (bytes >= 8 ? ulong.MaxValue : (1UL << (int)bytes * 8) - 1);
    }
}
