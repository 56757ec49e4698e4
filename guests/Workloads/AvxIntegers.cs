using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Workloads;

/// <summary>
/// AVX2 integers in memory: each of 1024 words is stepped by xorshift32, eight at a time, round after round. The exit code is 0 if the sum of all
/// is what the host computes.
/// </summary>
public static class AvxIntegers
{
    private const int Words = 1024, VectorBytes = 32;
    private const uint Factor = 0x9e3779b9;

    public static GuestImage Build(int rounds)
    {
        var program = new GuestProgram("avx2");
        var c = program.C;
        program.Main();
        AvxSetup.Emit(program);
        Label fill = c.CreateLabel(), round = c.CreateLabel(), vector = c.CreateLabel(), sum = c.CreateLabel(), right = c.CreateLabel();
        c.mov(edi, MemoryMap.Data);
        c.xor(ecx, ecx);
        c.Label(ref fill);
        c.lea(eax, __[rcx + 1]);
        c.imul(eax, eax, unchecked((int)Factor));
        c.mov(__dword_ptr[rdi + rcx * 4], eax);
        c.inc(ecx);
        c.cmp(ecx, Words);
        c.jne(fill);

        c.mov(edx, rounds);
        c.Label(ref round);
        c.xor(ecx, ecx);
        c.Label(ref vector);
        c.vmovdqu(ymm0, __ymmword_ptr[rdi + rcx]);
        c.vpslld(ymm1, ymm0, 13);
        c.vpxor(ymm0, ymm0, ymm1);
        c.vpsrld(ymm1, ymm0, 17);
        c.vpxor(ymm0, ymm0, ymm1);
        c.vpslld(ymm1, ymm0, 5);
        c.vpxor(ymm0, ymm0, ymm1);
        c.vmovdqu(__ymmword_ptr[rdi + rcx], ymm0);
        c.add(ecx, VectorBytes);
        c.cmp(ecx, Words * sizeof(uint));
        c.jne(vector);
        c.dec(edx);
        c.jne(round);

        c.vpxor(ymm2, ymm2, ymm2);
        c.xor(ecx, ecx);
        c.Label(ref sum);
        c.vpaddd(ymm2, ymm2, __ymmword_ptr[rdi + rcx]);
        c.add(ecx, VectorBytes);
        c.cmp(ecx, Words * sizeof(uint));
        c.jne(sum);
        c.vextracti128(xmm3, ymm2, 1);
        c.vpaddd(xmm2, xmm2, xmm3);
        c.vphaddd(xmm2, xmm2, xmm2);
        c.vphaddd(xmm2, xmm2, xmm2);
        c.vmovd(eax, xmm2);
        c.cmp(eax, (int)Reference(rounds));
        c.je(right);
        program.Exit(1);
        c.Label(ref right);
        program.Exit(0);
        return program.Build();
    }

    private static uint Reference(int rounds)
    {
        uint total = 0;
        for (var word = 1u; word <= Words; word++)
        {
            var x = word * Factor;
            for (var i = 0; i < rounds; i++)
            {
                x ^= x << 13;
                x ^= x >> 17;
                x ^= x << 5;
            }
            total += x;
        }
        return total;
    }
}
