using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Litmus;

/// <summary>
/// More code than a code buffer of one MiB holds: in each step all CPUs leave a barrier at once and call all functions, each CPU from another one on,
/// so that they run out of space together; the sum of what the functions return is checked.
/// </summary>
public static class TinyBuffer
{
    /// <summary>Functions called in a step by each CPU.</summary>
    public const int Functions = 8192;

    private const uint At = MemoryMap.Data + 0x400000;
    private const int FunctionBytes = 64;

    /// <param name="steps">Barriers.</param>
    /// <param name="device">Each function also reads a device register: vCPUs wait inside a helper while others want their region.</param>
    public static GuestImage Build(uint steps, bool device)
    {
        var litmus = new LitmusProgram(device ? "tiny-buffer-mmio" : "tiny-buffer");
        var c = litmus.C;
        // add eax, imm32; rol eax, 1; rol eax, -1 and, for a device, read of the I/O APIC's index register (0 after reset) into EDX; add eax, edx.
        litmus.Once(() =>
        {
            c.mov(edi, At);
            litmus.Repeat(ecx, Functions, () =>
            {
                c.mov(__byte_ptr[rdi], 0x05);
                c.mov(__dword_ptr[rdi + 1], ecx);
                c.mov(__dword_ptr[rdi + 5], unchecked((int)0xc8d1c0d1));
                if (device)
                {
                    // mov edx, [0xfec00000]; add eax, edx; ret
                    c.mov(__dword_ptr[rdi + 9], unchecked((int)0xb990_9090));
                    c.mov(__dword_ptr[rdi + 13], unchecked((int)0xfec0_0000));
                    c.mov(__dword_ptr[rdi + 17], unchecked((int)0xd001_118b));
                    c.mov(__byte_ptr[rdi + 21], unchecked((sbyte)0xc3));
                }
                else
                {
                    c.mov(__byte_ptr[rdi + 9], unchecked((sbyte)0xc3));
                }
                c.add(rdi, FunctionBytes);
            });
        });
        litmus.Rounds(steps, () =>
        {
            c.imul(ebp, ebx, 997);
            c.xor(eax, eax);
            litmus.Repeat(r14d, Functions, () =>
            {
                c.and(ebp, Functions - 1);
                c.imul(edi, ebp, FunctionBytes);
                c.add(edi, (int)At);
                c.call(rdi);
                c.inc(ebp);
            });
            c.cmp(eax, Functions / 2 * (Functions + 1));
            litmus.ForbidUnlessEqual();
        });
        return litmus.Finish();
    }
}
