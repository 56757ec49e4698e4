using System.Runtime.InteropServices;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Host;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>
/// A page of constant machine code for what C# cannot say: the 16-byte compare-and-swap and x87 instructions on the host's own x87. Built once
/// a process, then read-only and executable; only on x86-64 hosts.
/// </summary>
internal sealed unsafe class HostThunks
{
    private const int Slot = 16, Escapes = 8, RegisterForms = 64, MemoryForms = 8;
    private const int ExchangeBytes = 48;

    private readonly byte* _code;

    private HostThunks()
    {
        const int bytes = ExchangeBytes + Slot * Escapes * (RegisterForms + MemoryForms);
        const int rounded = (bytes + PageSize.Bytes - 1) & ~(PageSize.Bytes - 1);
        // Never unmapped: it lives as long as the process may run a guest.
        var mapping = HostMapping.Allocate(rounded);
        _code = mapping.Bytes;
        CompareExchange.CopyTo(new Span<byte>(_code, ExchangeBytes));
        for (var escape = 0; escape < Escapes; escape++)
        {
            for (var form = 0; form < RegisterForms; form++) Emit(escape, 0xc0 | form, RegisterOffset(escape, form));
            for (var form = 0; form < MemoryForms; form++) Emit(escape, form << 3 | 6, MemoryOffset(escape, form));
        }
        mapping.Protect(0, rounded, HostProtection.ReadExecute);
    }

    /// <summary>Null on hosts that are not x86-64.</summary>
    public static HostThunks? Instance { get; } = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? new HostThunks() : null;

    /// <summary>LOCK CMPXCHG16B. <paramref name="expected"/> (two words) receives what was there. True: exchanged.</summary>
    /// <param name="location">16-byte aligned.</param>
    public bool CompareExchange16(byte* location, ulong* expected, ulong low, ulong high) =>
        ((delegate* unmanaged<byte*, ulong*, ulong, ulong, int>)_code)(location, expected, low, high) != 0;

    /// <summary>Runs one x87 instruction on an FSAVE image.</summary>
    /// <param name="image">108 bytes, in and out; all exceptions masked.</param>
    /// <param name="operand">The memory operand's bytes.</param>
    /// <param name="flags">EFLAGS before (for FCMOVcc).</param>
    /// <returns>EFLAGS after (from FCOMI).</returns>
    public uint RunX87(int escape, int modRm, byte* image, byte* operand, uint flags)
    {
        var offset = modRm >= 0xc0 ? RegisterOffset(escape, modRm & 63) : MemoryOffset(escape, modRm >> 3 & 7);
        return (uint)((delegate* unmanaged<byte*, byte*, ulong, ulong>)(_code + offset))(image, operand, flags);
    }

    private static int RegisterOffset(int escape, int form) => ExchangeBytes + Slot * (escape * RegisterForms + form);

    private static int MemoryOffset(int escape, int form) => ExchangeBytes + Slot * (Escapes * RegisterForms + escape * MemoryForms + form);

    // push rbx; mov rbx, rdx; mov rax, [rsi]; mov rdx, [rsi+8]; lock cmpxchg16b [rdi]; mov [rsi], rax; mov [rsi+8], rdx; sete al; movzx eax, al; pop rbx; ret
    private static ReadOnlySpan<byte> CompareExchange =>
    [
        0x53, 0x48, 0x89, 0xd3, 0x48, 0x8b, 0x06, 0x48, 0x8b, 0x56, 0x08, 0xf0, 0x48, 0x0f, 0xc7, 0x0f, 0x48, 0x89, 0x06, 0x48, 0x89, 0x56, 0x08,
        0x0f, 0x94, 0xc0, 0x0f, 0xb6, 0xc0, 0x5b, 0xc3,
    ];

    // frstor [rdi]; push rdx; popfq; the instruction; pushfq; pop rax; fnsave [rdi]; ret
    private void Emit(int escape, int modRm, int offset)
    {
        ReadOnlySpan<byte> code = [0xdd, 0x27, 0x52, 0x9d, (byte)(0xd8 | escape), (byte)modRm, 0x9c, 0x58, 0xdd, 0x37, 0xc3];
        code.CopyTo(new Span<byte>(_code + offset, Slot));
    }
}
