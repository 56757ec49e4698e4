using System.Runtime.Intrinsics.X86;
using Iced.Intel;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Contracts;
using Tcg.Mttcg.Memory.Host;
using Tcg.Mttcg.Memory.Pages;
using Tcg.Mttcg.Memory.Paging;
using Tcg.Mttcg.Memory.Physical;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Host;
using Tcg.Mttcg.Translator.Host.Interpreter;
using Tcg.Mttcg.Translator.Host.X64;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.SelfTest.Machines;

public enum Engine { Interpreter, X64 }

/// <summary>
/// One processor in 64-bit mode at CPL 0 with 16 MiB of RAM mapped one to one by 2 MiB pages, code at <see cref="CodeAt"/>, a stack below it,
/// interrupts as scripted; it runs until HLT. Back ends are pluggable.
/// </summary>
internal sealed unsafe class TestMachine : IDisposable
{
    public const ulong CodeAt = 0x100000, DataAt = 0x200000, StackAt = 0x80000, Tables = 0x10000;

    private readonly GuestRam _ram = new(16 << 20);
    private readonly HostMapping _environment = HostMapping.Allocate((CpuLayout.Bytes + PageSize.Bytes - 1) & PageSize.Mask);
    private readonly IBackEnd _backEnd;

    public TestMachine(Func<CodeBuffer?, (IBackEnd, ITbLinker)> backEnd, CodeBuffer? buffer = null, ExecutorOptions? options = null)
    {
        var map = new PhysicalMap(_ram);
        map.Change(edit => edit.Ram(new(0), new(0), _ram.Length));
        var stores = new StoreTracking(new PageDirectory(_ram.EndPage), new DirtyBitmaps(_ram.EndPage));
        stores.Dirty.SetRange(DirtyClient.Code, new(0), (int)_ram.EndPage.Index);
        stores.Dirty.SetRange(DirtyClient.Display, new(0), (int)_ram.EndPage.Index);
        stores.Dirty.SetRange(DirtyClient.Migration, new(0), (int)_ram.EndPage.Index);
        var memory = new PhysicalMemory(map, stores);
        var ports = new CpuPorts(
            0, Interrupts, new CountingTsc(), new NoControl(), new CpuPhysicalView(map, null), memory, new PageWalker(memory), new PortMap(), stores);
        Cpu = new Cpu(_environment.Bytes, ports) { CodeBuffer = buffer };
        Cpu.Reset();
        (_backEnd, var linker) = backEnd(buffer);
        Cache = TbCache.Create(linker, buffer);
        Coherence = new DirectCoherence(Cpu, Cache);
        Executor = new CpuExecutor(Cpu, _backEnd, Cache, Coherence, options ?? new ExecutorOptions());
        EnterLongMode();
    }

    public static TestMachine With(Engine engine, ExecutorOptions? options = null)
    {
        if (engine == Engine.Interpreter) return new(_ => (new InterpreterBackEnd(), new NoLinker()), null, options);
        return new(
            buffer => (new X64BackEnd(X64Thunks.Emit(buffer!.Thunks, Avx.IsSupported)), new X64Linker()), new CodeBuffer(8 << 20, 4), options);
    }

    public Cpu Cpu { get; }
    public ScriptedInterrupts Interrupts { get; } = new();
    public CpuState* State => Cpu.State;
    public TbCache Cache { get; }
    public DirectCoherence Coherence { get; }
    public CpuExecutor Executor { get; }

    public Span<byte> Ram(ulong address, int length) => _ram.Span(new(address), length);

    /// <summary>Puts the code in place, runs it from its start up to the HLT that is appended, and returns why it stopped.</summary>
    public SliceEnd Run(Action<Assembler> code)
    {
        var assembler = new Assembler(64);
        code(assembler);
        assembler.hlt();
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), CodeAt);
        return Run(stream.ToArray());
    }

    public SliceEnd Run(ReadOnlySpan<byte> code)
    {
        code.CopyTo(Ram(CodeAt, code.Length));
        State->Rip = CodeAt;
        State->Halted = 0;
        SliceEnd end;
        while ((end = Executor.Run()) is SliceEnd.Paused or SliceEnd.Waiting or SliceEnd.Kicked) ;
        if (end == SliceEnd.Failure) throw new InvalidOperationException("the emulator failed", Cpu.Failure);
        return end;
    }

    public void Dispose()
    {
        _backEnd.Dispose();
        Cpu.Dispose();
        Cache.Dispose();
        _environment.Dispose();
        _ram.Dispose();
    }

    private void EnterLongMode()
    {
        var tables = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(Ram(Tables, 3 * PageSize.Bytes));
        tables[0] = Tables + 0x1000 + 3;
        tables[512] = Tables + 0x2000 + 3;
        for (var i = 0; i < 8; i++) tables[1024 + i] = ((ulong)i << 21) | 0x83;
        State->Cr3 = Tables;
        State->Cr4 = 1 << 5 | 1 << 9 | 1 << 10;
        State->Efer = 1 << 8 | 1 << 10;
        State->Cr0 = 0x80010033;
        Cpu.SetSegment(Segment.Cs, 8, 0, uint.MaxValue, 0xa09b);
        foreach (var segment in (Segment[])[Segment.Ds, Segment.Es, Segment.Ss, Segment.Fs, Segment.Gs]) Cpu.SetSegment(segment, 16, 0, uint.MaxValue, 0xc093);
        State->Gpr[4] = StackAt;
        Cpu.FlushTlb();
        Cpu.InvalidateContext();
    }

    private sealed class CountingTsc : ITimeStampCounter
    {
        private ulong _now;

        public ulong Frequency => 1_000_000_000;

        public ulong Read() => ++_now;
    }

    private sealed class NoControl : IMachineControl
    {
        public void PowerOff() { }

        public void Reset() { }

        public void DebugExit(uint value) { }

        public void Panic(bool isCertain) { }
    }
}
