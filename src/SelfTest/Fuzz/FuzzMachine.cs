using System.Runtime.Intrinsics.X86;
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
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.SelfTest.Fuzz;

/// <summary>One processor with a megabyte, reset in microseconds: only pages that the last case wrote are restored. Bytes around its memory must never change.</summary>
internal sealed unsafe class FuzzMachine : IDisposable
{
    private const int CodeBufferBytes = 4 << 20, CodeRegions = 4, CanaryBytes = 1 << 16;
    private const byte Canary = 0xc5;

    // Chained blocks may loop for ever; others are counted, and the clock ends only what moves strings through holes.
    private static readonly TimeSpan ChainedShare = TimeSpan.FromMilliseconds(1), Share = TimeSpan.FromSeconds(2);

    private static readonly byte[] Image = FuzzLayout.Image();

    private readonly GuestRam _ram = new(FuzzLayout.RamBytes, CanaryBytes);
    private readonly HostMapping _environment = HostMapping.Allocate(EnvironmentBytes + CanaryBytes);
    private readonly IBackEnd _backEnd;
    private readonly CodeBuffer? _buffer;
    private readonly TbCache _cache;
    private readonly FuzzCoherence _coherence;
    private readonly FuzzInterrupts _interrupts = new();
    private readonly CountedTime _time = new();
    private readonly StoreTracking _stores;
    private readonly CpuExecutor _chained, _unchained, _slow;

    public FuzzMachine(bool translated)
    {
        Name = translated ? "translated code" : "interpreter";
        var map = new PhysicalMap(_ram);
        map.Change(edit => edit.Ram(new(0), new(0), _ram.Length));
        _stores = new StoreTracking(new PageDirectory(_ram.EndPage), new DirtyBitmaps(_ram.EndPage));
        _stores.Dirty.SetRange(DirtyClient.Code, new(0), (int)_ram.EndPage.Index);
        _stores.Dirty.SetRange(DirtyClient.Migration, new(0), (int)_ram.EndPage.Index);
        var memory = new PhysicalMemory(map, _stores);
        var ports = new CpuPorts(0, _interrupts, _time, new NoMachine(), new CpuPhysicalView(map, null), memory, new PageWalker(memory), new PortMap(), _stores);
        _buffer = translated ? new CodeBuffer(CodeBufferBytes, CodeRegions) : null;
        Cpu = new Cpu(_environment.Bytes, ports) { CodeBuffer = _buffer };
        _backEnd = translated ? new X64BackEnd(X64Thunks.Emit(_buffer!.Thunks, Avx.IsSupported)) : new InterpreterBackEnd();
        _cache = TbCache.Create(translated ? new X64Linker() : new NoLinker(), _buffer);
        _coherence = new FuzzCoherence(Cpu, _cache);
        _chained = new CpuExecutor(Cpu, _backEnd, _cache, _coherence, new ExecutorOptions());
        _unchained = new CpuExecutor(Cpu, _backEnd, _cache, _coherence, new ExecutorOptions { Chain = false });
        _slow = new CpuExecutor(Cpu, _backEnd, _cache, _coherence, new ExecutorOptions(OneInstructionPerTb: true));
        Image.CopyTo(Ram);
        _ram.Span(new(FuzzLayout.RamBytes), CanaryBytes).Fill(Canary);
        _environment.Span(EnvironmentBytes, CanaryBytes).Fill(Canary);
    }

    private static ulong EnvironmentBytes => (CpuLayout.Bytes + PageSize.Bytes - 1) & PageSize.Mask;

    public string Name { get; }
    public Cpu Cpu { get; }
    public CpuState* State => Cpu.State;
    public Span<byte> Ram => _ram.Span(new(0), FuzzLayout.RamBytes);

    /// <summary>Blocks that the last run passed through, at least.</summary>
    public int Looks => _interrupts.Looks;

    /// <summary>The last run was ended by the clock.</summary>
    public bool TimedOut { get; private set; }

    /// <summary>A page before the case began, its code and patches apart.</summary>
    public Span<byte> Original(int page) => Image.AsSpan(page * FuzzLayout.PageBytes, FuzzLayout.PageBytes);

    public bool IsDirty(int page) => _stores.Dirty.IsDirty(DirtyClient.Display, new((uint)page));

    /// <summary>No byte outside the guest's memory changed.</summary>
    public bool IsIntact => !_ram.Span(new(FuzzLayout.RamBytes), CanaryBytes).ContainsAnyExcept(Canary) && !_environment.Span(EnvironmentBytes, CanaryBytes).ContainsAnyExcept(Canary);

    public void Load(FuzzCase some)
    {
        _coherence.Clear();
        for (var page = 0u; page < FuzzLayout.RamBytes / FuzzLayout.PageBytes; page++)
        {
            if (!_stores.Dirty.TestAndClear(DirtyClient.Display, new(page))) continue;
            Image.AsSpan((int)page * FuzzLayout.PageBytes, FuzzLayout.PageBytes).CopyTo(Ram[((int)page * FuzzLayout.PageBytes)..]);
        }
        Put(some.CodeAt, some.Code);
        foreach (var patch in some.Patches) Put(patch.Address, patch.Bytes);
        FuzzStart.Apply(some, Cpu);
        _time.Restart();
        _interrupts.Begin(State, some);
    }

    /// <summary>Runs the loaded case until it halts, shuts down, or had its share.</summary>
    /// <param name="clock">Told when the processor begins and ends.</param>
    public SliceEnd Run(FuzzCase some, FuzzClock clock) => some.Dispatch == FuzzDispatch.Chained ? Run(_chained, clock, ChainedShare) : Run(_unchained, clock, Share);

    /// <summary>The loaded case, an instruction at a time.</summary>
    /// <param name="most">Instructions.</param>
    /// <param name="before">Called before each instruction.</param>
    public void RunSlowly(FuzzClock clock, int most, Action before)
    {
        _interrupts.Most = most;
        _interrupts.Looking = before;
        Run(_slow, clock, Share);
        _interrupts.Looking = null;
        _interrupts.Most = FuzzInterrupts.MostLooks;
    }

    private SliceEnd Run(CpuExecutor executor, FuzzClock clock, TimeSpan share)
    {
        TimedOut = false;
        State->ExitRequest = 0;
        clock.Begin(State, share);
        try
        {
            while (true)
            {
                var end = executor.Run();
                if (end == SliceEnd.Exclusive) end = executor.RunExclusive();
                TimedOut |= clock.Expired;
                if (end is not (SliceEnd.Kicked or SliceEnd.Paused) || TimedOut || Looks >= _interrupts.Most) return end;
            }
        }
        finally
        {
            clock.End();
        }
    }

    public void Dispose()
    {
        _backEnd.Dispose();
        Cpu.Dispose();
        _cache.Dispose();
        _environment.Dispose();
        _ram.Dispose();
    }

    private void Put(int address, byte[] bytes)
    {
        bytes.CopyTo(Ram[address..]);
        for (var page = address / FuzzLayout.PageBytes; page <= (address + bytes.Length - 1) / FuzzLayout.PageBytes; page++) _stores.Dirty.Set(DirtyClient.Display, new((uint)page));
    }

    private sealed class CountedTime : ITimeStampCounter
    {
        private ulong _now;

        public ulong Frequency => 1_000_000_000;

        public ulong Read() => ++_now;

        public void Restart() => _now = 0;
    }

    private sealed class NoMachine : IMachineControl
    {
        public void PowerOff() { }

        public void Reset() { }

        public void DebugExit(uint value) { }

        public void Panic(bool isCertain) { }
    }
}
