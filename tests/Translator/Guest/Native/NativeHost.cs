using System.Runtime.InteropServices;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Translator.Tests.Guest.Native;

/// <summary>
/// Runs unprivileged 64-bit code on the bare host, all registers loaded and saved around it, RSP too. Code and data lie below 2 GiB. Signals are
/// blocked meanwhile: the stack pointer is the guest's.
/// </summary>
internal sealed unsafe partial class NativeHost : IDisposable
{
    private const int PageBytes = 4096, CodePages = 2, MemoryPages = 8;
    private const int ProtRead = 1, ProtWrite = 2, ProtExec = 4, MapPrivate = 2, MapAnonymous = 0x20, Map32Bit = 0x40;
    private const int SavedStack = 512;

    private readonly byte* _code;
    private readonly byte* _image;
    private byte[] _current = [];

    public NativeHost()
    {
        _code = Map(CodePages + 1 + MemoryPages);
        _image = _code + (CodePages * PageBytes);
        Memory = _image + PageBytes;
    }

    public const int MemoryBytes = MemoryPages * PageBytes;

    /// <summary>Memory for the code to work on, at the same address for guest and host.</summary>
    public byte* Memory { get; }

    public ulong CodeAddress => (ulong)_code + PageBytes;

    public void Run(byte[] code, ref ProcessorImage image)
    {
        if (!code.SequenceEqual(_current)) Assemble(code);
        *(ProcessorImage*)_image = image;
        ulong* all = stackalloc ulong[16], old = stackalloc ulong[16];
        new Span<ulong>(all, 16).Fill(ulong.MaxValue);
        PthreadSigmask(0, all, old);
        ((delegate* unmanaged<void>)_code)();
        PthreadSigmask(2, old, null);
        image = *(ProcessorImage*)_image;
    }

    private void Assemble(byte[] code)
    {
        Mprotect(_code, CodePages * PageBytes, ProtRead | ProtWrite);
        new Span<byte>(_code, CodePages * PageBytes).Fill(0xcc);
        Write(_code, Prologue);
        code.CopyTo(new Span<byte>((byte*)CodeAddress, code.Length));
        Write((byte*)CodeAddress + code.Length, Epilogue);
        Mprotect(_code, CodePages * PageBytes, ProtRead | ProtExec);
        _current = code;
    }

    private void Prologue(Assembler a)
    {
        foreach (var register in CalleeSaved) a.push(register);
        a.mov(At(SavedStack), rsp);
        for (var i = 0; i < 16; i++) a.movups(Xmm(i), __xmmword_ptr[(long)_image + ProcessorImage.XmmOffset + (16 * i)]);
        a.ldmxcsr(__dword_ptr[(long)_image + ProcessorImage.MxCsrOffset]);
        a.push(At(ProcessorImage.FlagsOffset));
        a.popfq();
        for (var i = 0; i < 16; i++) a.mov(Gpr(i), At(8 * i));
        a.jmp(CodeAddress);
    }

    private void Epilogue(Assembler a)
    {
        for (var i = 0; i < 16; i++) a.mov(At(8 * i), Gpr(i));
        a.mov(rsp, At(SavedStack));
        a.pushfq();
        a.pop(At(ProcessorImage.FlagsOffset));
        a.cld();
        a.emms();
        for (var i = 0; i < 16; i++) a.movups(__xmmword_ptr[(long)_image + ProcessorImage.XmmOffset + (16 * i)], Xmm(i));
        a.stmxcsr(__dword_ptr[(long)_image + ProcessorImage.MxCsrOffset]);
        for (var i = CalleeSaved.Length - 1; i >= 0; i--) a.pop(CalleeSaved[i]);
        a.ret();
    }

    private static void Write(byte* to, Action<Assembler> emit)
    {
        var assembler = new Assembler(64);
        emit(assembler);
        var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), (ulong)to);
        stream.ToArray().CopyTo(new Span<byte>(to, (int)stream.Length));
    }

    private AssemblerMemoryOperand At(int offset) => __qword_ptr[(long)_image + offset];

    private static AssemblerRegister64 Gpr(int number) => new(Register.RAX + number);

    private static AssemblerRegisterXMM Xmm(int number) => new(Register.XMM0 + number);

    private static readonly AssemblerRegister64[] CalleeSaved = [rbp, rbx, r12, r13, r14, r15];

    private static byte* Map(int pages)
    {
        var memory = Mmap(null, (nuint)(pages * PageBytes), ProtRead | ProtWrite, MapPrivate | MapAnonymous | Map32Bit, -1, 0);
        return (nint)memory != -1 ? memory : throw new InvalidOperationException("no memory below 2 GiB");
    }

    public void Dispose() => _ = Munmap(_code, (CodePages + 1 + MemoryPages) * PageBytes);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial byte* Mmap(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Mprotect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Munmap(void* address, nuint length);

    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    private static partial int PthreadSigmask(int how, ulong* set, ulong* old);
}
