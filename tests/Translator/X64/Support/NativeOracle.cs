using Iced.Intel;

namespace Tcg.Mttcg.Translator.Tests.X64;

/// <summary>Sixteen general registers (RSP is never loaded) and the arithmetic flags.</summary>
internal unsafe struct Registers
{
    public fixed ulong Gpr[16];
    public ulong Flags;

    public const ulong FlagMask = 0x8d5;

    /// <summary>Values that find edges: zero, ones, signs, small counts, random.</summary>
    public static Registers Random(Random random)
    {
        Registers r = default;
        for (var i = 0; i < 16; i++) r.Gpr[i] = Value(random);
        r.Flags = (ulong)random.NextInt64() & FlagMask;
        return r;
    }

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
        assembler.push(AssemblerRegisters.__qword_ptr[AssemblerRegisters.rdi + 128]);
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
        assembler.pop(AssemblerRegisters.rax);
        assembler.mov(AssemblerRegisters.__qword_ptr[AssemblerRegisters.rdi + 56], AssemblerRegisters.rax);
        assembler.pushfq();
        assembler.pop(AssemblerRegisters.__qword_ptr[AssemblerRegisters.rdi + 128]);
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

    private static AssemblerRegister64 Gpr(int number) => new(Register.RAX + number);

    public void Dispose()
    {
        NativeMemory.Free((void*)_code.Writable, Bytes);
        NativeMemory.Free((void*)_code.Executable, Bytes);
    }
}
