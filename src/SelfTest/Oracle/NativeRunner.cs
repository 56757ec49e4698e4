using System.Runtime.Intrinsics.X86;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>
/// Runs instructions on the host processor between a prologue that loads every register and an epilogue that stores them. They must fall through and
/// must not fault. RSP is the guest's meanwhile and must point into writable memory with room below, as signals may arrive. 32-bit code runs in the
/// compatibility segment that Linux gives every 64-bit process, or in segments of its own, as 16-bit code does.
/// </summary>
internal sealed unsafe class NativeRunner : IDisposable
{
    /// <summary>Only an x86-64 host can be asked.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux() && System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64;

    /// <summary>Where the instruction runs: its RIP.</summary>
    public const ulong Slot = CodeAddress + 0x400;

    /// <summary>Where branches lead, within reach of eight bits.</summary>
    public const ulong Taken = Slot + 0x60;

    /// <summary>Bytes that fit in the slot.</summary>
    public const int SlotBytes = 0x400;

    public const ulong CodeAddress = 0x3000_0000;

    private const ulong DataAddress = CodeAddress + 0x2000;
    private const int CodeBytes = 0x1000, DataBytes = 0x1000, MostReturnBytes = 8;
    private const ulong FarPointer = DataAddress + 0x810, X87Input = DataAddress + 0x900, X87Output = DataAddress + 0xc00;
    private const uint CompatibilityCode = 0x23, LongCode = 0x33, DataSegment = 0x2b;
    private const ulong Epilogue = CodeAddress + 0xc00, TakenEpilogue = CodeAddress + 0xb80, BranchMark = DataAddress + 0x820;

    private const ulong Input = DataAddress, Output = DataAddress + 0x400, SavedStack = DataAddress + 0x800, SavedMxCsr = DataAddress + 0x808;

    private static readonly AssemblerRegister64[] General = [rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15];
    private static readonly AssemblerRegister64[] Preserved = [rbx, rbp, r12, r13, r14, r15];

    private readonly byte* _code = HostPages.Code(CodeAddress, CodeBytes);
    private readonly int _bitness;
    private readonly uint _dataSelector;

    public NativeRunner(OracleMode mode)
    {
        _bitness = mode.Bitness;
        var codeSelector = CompatibilityCode;
        _dataSelector = mode.Bitness == 64 ? 0 : DataSegment;
        if (mode.IsSegmented)
        {
            if (!LocalDescriptors.TrySet(mode, out var code, out var data)) throw new PlatformNotSupportedException("the kernel gives no local descriptors");
            (codeSelector, _dataSelector) = (code, data);
        }
        HostPages.Data(DataAddress, DataBytes);
        *(ulong*)FarPointer = mode.Start | ((ulong)codeSelector << 32);
        Write(CodeAddress, Assemble(CodeAddress, EmitPrologue));
        Write(Epilogue, Assemble(Epilogue, EmitEpilogue));
        Write(TakenEpilogue, Assemble(TakenEpilogue, a =>
        {
            a.mov(__byte_ptr[BranchMark], 1);
            a.jmp(Epilogue);
        }));
    }

    /// <summary>The last run went to <see cref="Taken"/>.</summary>
    public bool Branched => *(byte*)BranchMark != 0;

    public void SetCode(ReadOnlySpan<byte> bytes)
    {
        Write(Slot, bytes);
        WriteReturn(Slot + (uint)bytes.Length, Epilogue);
        if (Slot + (uint)bytes.Length + MostReturnBytes <= Taken) WriteReturn(Taken, TakenEpilogue);
    }

    public void Run(ref Registers registers)
    {
        *(byte*)BranchMark = 0;
        *(Registers*)Input = registers;
        if (!Avx.IsSupported) *(Registers*)Output = registers;
        FxImage.Write((byte*)X87Input, registers);
        ((delegate* unmanaged<void>)CodeAddress)();
        registers = *(Registers*)Output;
        FxImage.Read((byte*)X87Output, ref registers);
    }

    public void Dispose()
    {
        HostPages.Free(_code, CodeBytes);
        HostPages.Free((void*)CodeAddress, CodeBytes);
        HostPages.Free((void*)DataAddress, DataBytes);
    }

    private void EmitPrologue(Assembler a)
    {
        foreach (var register in Preserved) a.push(register);
        a.mov(__qword_ptr[SavedStack], rsp);
        a.stmxcsr(__dword_ptr[SavedMxCsr]);
        a.fxrstor64(__[X87Input]);
        a.ldmxcsr(__dword_ptr[Input + Registers.MxCsrOffset]);
        for (var index = 0; index < 16; index++) LoadVector(a, index);
        a.mov(eax, _dataSelector);
        a.mov(ds, eax);
        a.mov(es, eax);
        a.push(__qword_ptr[Input + Registers.FlagsOffset]);
        a.popfq();
        for (var index = 15; index >= 0; index--) a.mov(General[index], __qword_ptr[Input + (uint)index * 8]);
        if (_bitness == 64) a.jmp(Slot);
        else a.AddInstruction(Instruction.Create(Code.Jmp_m1632, new MemoryOperand(Register.None, Register.None, 1, (long)FarPointer, 8)));
    }

    // JMP to the epilogue: near, or far to a 16:32 pointer.
    private void WriteReturn(ulong at, ulong to)
    {
        if (_bitness != 64)
        {
            Write(at, FarReturn(_bitness, to));
            return;
        }
        Span<byte> near = [0xe9, 0, 0, 0, 0];
        BitConverter.TryWriteBytes(near[1..], (int)(to - (at + (uint)near.Length)));
        Write(at, near);
    }

    private static byte[] FarReturn(int bitness, ulong to) =>
        [.. bitness == 16 ? new byte[] { 0x66, 0xea } : [0xea], .. BitConverter.GetBytes((uint)to), .. BitConverter.GetBytes((ushort)LongCode)];

    private static void EmitEpilogue(Assembler a)
    {
        for (var index = 0; index < 16; index++) a.mov(__qword_ptr[Output + (uint)index * 8], General[index]);
        a.mov(rsp, __qword_ptr[SavedStack]);
        a.pushfq();
        a.pop(__qword_ptr[Output + Registers.FlagsOffset]);
        a.cld();
        a.xor(eax, eax);
        a.mov(ds, eax);
        a.mov(es, eax);
        a.stmxcsr(__dword_ptr[Output + Registers.MxCsrOffset]);
        a.fxsave64(__[X87Output]);
        a.fninit();
        a.ldmxcsr(__dword_ptr[SavedMxCsr]);
        for (var index = 0; index < 16; index++) StoreVector(a, index);
        if (Avx.IsSupported) a.vzeroupper();
        foreach (var register in Preserved.Reverse()) a.pop(register);
        a.ret();
    }

    private static void LoadVector(Assembler a, int index)
    {
        var at = Input + Registers.VectorOffset + (uint)index * Registers.VectorBytes;
        if (Avx.IsSupported) a.vmovups(new AssemblerRegisterYMM(Register.YMM0 + index), __ymmword_ptr[at]);
        else a.movups(new AssemblerRegisterXMM(Register.XMM0 + index), __xmmword_ptr[at]);
    }

    private static void StoreVector(Assembler a, int index)
    {
        var at = Output + Registers.VectorOffset + (uint)index * Registers.VectorBytes;
        if (Avx.IsSupported) a.vmovups(__ymmword_ptr[at], new AssemblerRegisterYMM(Register.YMM0 + index));
        else a.movups(__xmmword_ptr[at], new AssemblerRegisterXMM(Register.XMM0 + index));
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
