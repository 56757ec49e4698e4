using Iced.Intel;

namespace Tcg.Mttcg.Translator.Tests.X64;

/// <summary>Sixteen general registers (RSP is never loaded), the arithmetic flags, sixteen vector registers and MXCSR.</summary>
internal unsafe struct Registers
{
    public fixed ulong Gpr[16];
    public ulong Flags;
    public ulong MxCsr;
    public fixed byte Vector[256];

    public const int FlagsOffset = 128, MxCsrOffset = 136, VectorOffset = 144;

    public const ulong FlagMask = 0x8d5;

    /// <summary>Values that find edges: zero, ones, signs, small counts, random.</summary>
    public static Registers Random(Random random)
    {
        Registers r = default;
        for (var i = 0; i < 16; i++) r.Gpr[i] = Value(random);
        r.Flags = (ulong)random.NextInt64() & FlagMask;
        r.MxCsr = 0x1f80 | (ulong)random.Next(4) << 13;
        for (var i = 0; i < 32; i++) ((ulong*)r.Vector)[i] = VectorWord(random);
        return r;
    }

    private static ulong VectorWord(Random random) => random.Next(4) switch
    {
        0 => BitConverter.DoubleToUInt64Bits(random.Next(-100, 100) / 4.0),
        1 => BitConverter.SingleToUInt32Bits(random.Next(-100, 100) / 4f) * 0x1_0000_0001ul,
        2 => Value(random),
        _ => (ulong)random.NextInt64() << 1,
    };

    private static ulong Value(Random random) => random.Next(8) switch
    {
        0 => 0,
        1 => ulong.MaxValue,
        2 => 1ul << random.Next(64),
        3 => (ulong)random.Next(256),
        4 => 0x8000_0000,
        5 => 0x7fff_ffff_ffff_ffff,
        _ => (ulong)random.NextInt64() << 1 ^ (ulong)random.NextInt64(),
    };
}

/// <summary>Runs guest instructions on the bare host CPU: what translated code must agree with.</summary>
internal sealed unsafe class NativeOracle : IDisposable
{
    private const int Bytes = 1 << 16;
    private readonly (nint Writable, nint Executable) _code = NativeMemory.AllocateCode(Bytes);

    public void Run(IReadOnlyList<Instruction> instructions, ref Registers registers)
    {
        var assembler = new Assembler(64);
        foreach (var register in CalleeSaved) assembler.push(register);
        assembler.push(AssemblerRegisters.rdi);
        for (var i = 0; i < 16; i++) assembler.movups(Xmm(i), AssemblerRegisters.__xmmword_ptr[AssemblerRegisters.rdi + Registers.VectorOffset + 16 * i]);
        assembler.ldmxcsr(AssemblerRegisters.__dword_ptr[AssemblerRegisters.rdi + Registers.MxCsrOffset]);
        assembler.push(AssemblerRegisters.__qword_ptr[AssemblerRegisters.rdi + Registers.FlagsOffset]);
        assembler.popfq();
        for (var i = 15; i >= 0; i--)
        {
            if (i is 4 or 7) continue;
            assembler.mov(Gpr(i), AssemblerRegisters.__qword_ptr[AssemblerRegisters.rdi + 8 * i]);
        }
        assembler.mov(AssemblerRegisters.rdi, AssemblerRegisters.__qword_ptr[AssemblerRegisters.rdi + 56]);
        foreach (var instruction in instructions) assembler.AddInstruction(instruction);
        assembler.xchg(AssemblerRegisters.__qword_ptr[AssemblerRegisters.rsp], AssemblerRegisters.rdi);
        for (var i = 0; i < 16; i++)
        {
            if (i is 4 or 7) continue;
            assembler.mov(AssemblerRegisters.__qword_ptr[AssemblerRegisters.rdi + 8 * i], Gpr(i));
        }
        for (var i = 0; i < 16; i++) assembler.movups(AssemblerRegisters.__xmmword_ptr[AssemblerRegisters.rdi + Registers.VectorOffset + 16 * i], Xmm(i));
        assembler.stmxcsr(AssemblerRegisters.__dword_ptr[AssemblerRegisters.rdi + Registers.MxCsrOffset]);
        assembler.pop(AssemblerRegisters.rax);
        assembler.mov(AssemblerRegisters.__qword_ptr[AssemblerRegisters.rdi + 56], AssemblerRegisters.rax);
        assembler.pushfq();
        assembler.pop(AssemblerRegisters.__qword_ptr[AssemblerRegisters.rdi + Registers.FlagsOffset]);
        assembler.push(0x1f80);
        assembler.ldmxcsr(AssemblerRegisters.__dword_ptr[AssemblerRegisters.rsp]);
        assembler.pop(AssemblerRegisters.rax);
        for (var i = CalleeSaved.Length - 1; i >= 0; i--) assembler.pop(CalleeSaved[i]);
        assembler.ret();
        var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), (ulong)_code.Executable);
        stream.ToArray().CopyTo(new Span<byte>((void*)_code.Writable, Bytes));
        fixed (Registers* pointer = &registers)
        {
            ((delegate* unmanaged<Registers*, void>)_code.Executable)(pointer);
        }
        registers.Flags &= Registers.FlagMask;
    }

    private static readonly AssemblerRegister64[] CalleeSaved =
    [
        AssemblerRegisters.rbp, AssemblerRegisters.rbx, AssemblerRegisters.r12, AssemblerRegisters.r13, AssemblerRegisters.r14, AssemblerRegisters.r15,
    ];

    private static AssemblerRegisterXMM Xmm(int number) => new(Register.XMM0 + number);

    private static AssemblerRegister64 Gpr(int number) => new(Register.RAX + number);

    public void Dispose()
    {
        NativeMemory.Free((void*)_code.Writable, Bytes);
        NativeMemory.Free((void*)_code.Executable, Bytes);
    }
}
