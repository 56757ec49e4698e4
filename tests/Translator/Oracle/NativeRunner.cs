using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Translator.Tests.Oracle;

/// <summary>
/// Runs one instruction on the host processor between a prologue that loads every register and an epilogue that stores them. The instruction must
/// fall through and must not fault. RSP is the guest's meanwhile and must point into writable memory with room below, as signals may arrive.
/// </summary>
internal sealed unsafe class NativeRunner : IDisposable
{
    /// <summary>Where the instruction runs: its RIP.</summary>
    public const ulong Slot = CodeAddress + 0x800;

    private const ulong CodeAddress = 0x3000_0000, DataAddress = 0x3000_2000;
    private const int CodeBytes = 0x1000, DataBytes = 0x1000;
    private const ulong Epilogue = CodeAddress + 0x840;
    private const ulong Input = DataAddress, Output = DataAddress + 0x400, SavedStack = DataAddress + 0x800, SavedMxCsr = DataAddress + 0x808;

    private static readonly AssemblerRegister64[] General = [rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15];
    private static readonly AssemblerRegister64[] Preserved = [rbx, rbp, r12, r13, r14, r15];
    private static readonly AssemblerRegisterXMM[] Vectors =
        [xmm0, xmm1, xmm2, xmm3, xmm4, xmm5, xmm6, xmm7, xmm8, xmm9, xmm10, xmm11, xmm12, xmm13, xmm14, xmm15];

    private readonly byte* _code = HostPages.Code(CodeAddress, CodeBytes);

    public NativeRunner()
    {
        HostPages.Data(DataAddress, DataBytes);
        Write(CodeAddress, Assemble(CodeAddress, EmitPrologue));
        Write(Epilogue, Assemble(Epilogue, EmitEpilogue));
    }

    public void SetInstruction(ReadOnlySpan<byte> bytes)
    {
        Write(Slot, bytes);
        Write(Slot + (uint)bytes.Length, Assemble(Slot + (uint)bytes.Length, a => a.jmp(Epilogue)));
    }

    public void Run(ref Registers registers)
    {
        *(Registers*)Input = registers;
        ((delegate* unmanaged<void>)CodeAddress)();
        registers = *(Registers*)Output;
    }

    public void Dispose()
    {
        HostPages.Free(_code, CodeBytes);
        HostPages.Free((void*)CodeAddress, CodeBytes);
        HostPages.Free((void*)DataAddress, DataBytes);
    }

    private static void EmitPrologue(Assembler a)
    {
        foreach (var register in Preserved) a.push(register);
        a.mov(__qword_ptr[SavedStack], rsp);
        a.stmxcsr(__dword_ptr[SavedMxCsr]);
        a.ldmxcsr(__dword_ptr[Input + Registers.MxCsrOffset]);
        for (var index = 0; index < 16; index++) a.movups(Vectors[index], __xmmword_ptr[Input + Registers.VectorOffset + (uint)index * 16]);
        a.push(__qword_ptr[Input + Registers.FlagsOffset]);
        a.popfq();
        for (var index = 0; index < 16; index++) a.mov(General[index], __qword_ptr[Input + (uint)index * 8]);
        a.jmp(Slot);
    }

    private static void EmitEpilogue(Assembler a)
    {
        for (var index = 0; index < 16; index++) a.mov(__qword_ptr[Output + (uint)index * 8], General[index]);
        a.mov(rsp, __qword_ptr[SavedStack]);
        a.pushfq();
        a.pop(__qword_ptr[Output + Registers.FlagsOffset]);
        a.cld();
        a.stmxcsr(__dword_ptr[Output + Registers.MxCsrOffset]);
        a.ldmxcsr(__dword_ptr[SavedMxCsr]);
        for (var index = 0; index < 16; index++) a.movups(__xmmword_ptr[Output + Registers.VectorOffset + (uint)index * 16], Vectors[index]);
        foreach (var register in Preserved.Reverse()) a.pop(register);
        a.ret();
    }

    private static byte[] Assemble(ulong at, Action<Assembler> emit)
    {
        var assembler = new Assembler(64);
        emit(assembler);
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), at);
        return stream.ToArray();
    }

    private void Write(ulong address, ReadOnlySpan<byte> bytes) => bytes.CopyTo(new Span<byte>(_code + (address - CodeAddress), bytes.Length));
}
