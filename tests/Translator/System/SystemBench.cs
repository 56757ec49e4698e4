using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Contracts;
using Tcg.Mttcg.Memory.Host;
using Tcg.Mttcg.Memory.Pages;
using Tcg.Mttcg.Memory.Paging;
using Tcg.Mttcg.Memory.Physical;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.SystemState;

/// <summary>One processor over a megabyte of identity-mapped memory, with tables where the tests expect them.</summary>
internal sealed unsafe class SystemBench : IDisposable
{
    public const uint Gdt = 0x1000, Idt = 0x2000, TssAt = 0x3000, Ldt = 0x3800, KernelStack = 0x9000, UserStack = 0xb000, IstStack = 0xd000;
    public const ushort Code = 0x08, Data = 0x10, UserData = 0x1b, UserCode = 0x23, Code64 = 0x28, UserCode64 = 0x33, TssSelector = 0x40, Code16 = 0x50,
        LdtSelector = 0x58, FirstFree = 0x68;

    private const ulong PageTables = 0xf0000;

    private readonly HostMapping _environment = HostMapping.Allocate((CpuLayout.Bytes + PageSize.Bytes - 1) & PageSize.Mask);
    private readonly GuestRam _ram = new(1 << 20);

    public SystemBench(int index = 0, CpuModel? model = null)
    {
        var map = new PhysicalMap(_ram);
        map.Change(edit => edit.Ram(new(0), new(0), _ram.Length));
        var memory = new PhysicalMemory(map);
        var stores = new StoreTracking(new PageDirectory(_ram.EndPage), new DirtyBitmaps(_ram.EndPage));
        Cpu = new Cpu(_environment.Bytes, new CpuPorts(
            index, Interrupts, new FixedTsc(), Machine, new CpuPhysicalView(map, null), memory, new PageWalker(memory), Io, stores)
        {
            Model = model ?? CpuModel.Default,
        });
        Io.Map(0x60, new PortRegion("fake", Device, 8, null));
        Cpu.Reset();
    }

    public Cpu Cpu { get; }
    public CpuState* State => Cpu.State;
    public FakeInterrupts Interrupts { get; } = new();

    /// <summary>Eight ports from 0x60.</summary>
    public FakePorts Device { get; } = new();
    public PortMap Io { get; } = new();
    public FakeMachine Machine { get; } = new();

    public static SystemBench Real()
    {
        var bench = new SystemBench();
        bench.Cpu.SetSegment(Segment.Cs, 0x100, 0x1000, 0xffff, 0x9b);
        bench.State->Rip = 0x20;
        bench.State->Gpr[4] = 0x8000;
        return bench;
    }

    public static SystemBench Protected(int cpl = 0)
    {
        var bench = new SystemBench();
        bench.Tables();
        bench.State->Cr0 |= 1;
        bench.EnterLevel(cpl, 0x4000);
        bench.Fill32BitTss();
        return bench;
    }

    public static SystemBench Long(int cpl = 0, CpuModel? model = null)
    {
        var bench = new SystemBench(0, model);
        bench.Tables();
        bench.State->Cr0 |= 1 | 1UL << 31;
        bench.State->Cr4 = 1 << 5;
        bench.State->Efer = 1 << 8 | 1 << 10 | 1;
        bench.State->Cr3 = PageTables;
        bench.Write(PageTables, 8, PageTables + 0x1000 + 7);
        bench.Write(PageTables + 0x1000, 8, PageTables + 0x2000 + 7);
        bench.Write(PageTables + 0x2000, 8, PageTables + 0x3000 + 7);
        for (uint page = 0; page < 256; page++) bench.Write(PageTables + 0x3000 + page * 8, 8, page << 12 | 7);
        bench.EnterLevel(cpl, 0xa000);
        bench.Write(TssAt + 4, 8, KernelStack);
        bench.Write(TssAt + 0x24, 8, IstStack);
        bench.Write(TssAt + 0x66, 2, 0x68);
        return bench;
    }

    /// <summary>A descriptor: base, limit with granularity applied by <paramref name="flags"/> (AVL, L, D, G in its low four bits), access byte.</summary>
    public static ulong Descriptor(uint address, uint limit, byte access, byte flags) =>
        (limit & 0xffff) | (ulong)(address & 0xffffff) << 16 | (ulong)access << 40 | (ulong)(limit >> 16 & 15) << 48 | (ulong)flags << 52 | (ulong)(address >> 24) << 56;

    public static ulong Gate(ushort selector, uint offset, int type, int dpl, int count = 0) =>
        (offset & 0xffff) | (ulong)selector << 16 | (ulong)count << 32 | (ulong)(type | dpl << 5 | 0x80) << 40 | (ulong)(offset >> 16) << 48;

    public void PutDescriptor(ushort selector, ulong descriptor) => Write(Gdt + (selector & 0xfff8u), 8, descriptor);

    public void PutGate(int vector, ushort selector, uint offset, int type = 14, int dpl = 0) => Write(Idt + (uint)vector * 8, 8, Gate(selector, offset, type, dpl));

    public void PutLongGate(int vector, ushort selector, ulong offset, int type = 14, int dpl = 0, int ist = 0)
    {
        Write(Idt + (uint)vector * 16, 8, Gate(selector, (uint)offset, type, dpl, ist));
        Write(Idt + (uint)vector * 16 + 8, 8, offset >> 32);
    }

    public ulong Read(ulong address, int bytes)
    {
        ulong value = 0;
        for (var i = 0; i < bytes; i++) value |= (ulong)Memory[(int)address + i] << (i * 8);
        return value;
    }

    public void Write(ulong address, int bytes, ulong value)
    {
        for (var i = 0; i < bytes; i++) Memory[(int)address + i] = (byte)(value >> (i * 8));
    }

    public ulong Call(HelperId id, ulong a = 0, ulong b = 0, ulong c = 0) => HelperTable.Call(Cpu, id, a, b, c);

    /// <summary>The pending exception is this one, and pends no longer.</summary>
    public void TakeRaised(int vector, uint? errorCode = null)
    {
        AssertRaised(vector, errorCode);
        Cpu.TakePending();
    }

    /// <summary>The pending exception is this one.</summary>
    public void AssertRaised(int vector, uint? errorCode = null)
    {
        Assert.True(Cpu.HasPending, "no exception is pending");
        Assert.Equal((vector, errorCode ?? 0, errorCode.HasValue), (Cpu.Pending.Vector, Cpu.Pending.ErrorCode, Cpu.Pending.HasErrorCode));
        Assert.Equal((uint)TbExitReason.Exception + 1, State->HelperExit);
    }

    public void Dispose()
    {
        Cpu.Dispose();
        _environment.Dispose();
        _ram.Dispose();
    }

    private Span<byte> Memory => _ram.Span(new(0), 1 << 20);

    private void Tables()
    {
        PutDescriptor(Code, Descriptor(0, 0xfffff, 0x9b, 0xc));
        PutDescriptor(Data, Descriptor(0, 0xfffff, 0x93, 0xc));
        PutDescriptor(UserData, Descriptor(0, 0xfffff, 0xf3, 0xc));
        PutDescriptor(UserCode, Descriptor(0, 0xfffff, 0xfb, 0xc));
        PutDescriptor(Code64, Descriptor(0, 0xfffff, 0x9b, 0xa));
        PutDescriptor(UserCode64, Descriptor(0, 0xfffff, 0xfb, 0xa));
        PutDescriptor(TssSelector, Descriptor(TssAt, 0x20ff, 0x8b, 0));
        PutDescriptor(Code16, Descriptor(0, 0xffff, 0x9b, 0));
        PutDescriptor(LdtSelector, Descriptor(Ldt, 0xff, 0x82, 0));
        State->GdtBase = Gdt;
        State->GdtLimit = 0xff;
        State->IdtBase = Idt;
        State->IdtLimit = 0xfff;
        State->Tr = new SegmentRegister { Base = TssAt, Limit = 0x20ff, Attributes = 0x8b, Selector = TssSelector };
        State->Ldtr = default;
    }

    private void EnterLevel(int cpl, ushort codeAttributes)
    {
        var user = cpl == 3;
        var dpl = cpl << 5;
        var code = codeAttributes == 0xa000 ? (user ? UserCode64 : Code64) : user ? UserCode : Code;
        var data = user ? UserData : Data;
        Cpu.SetSegment(Segment.Cs, code, 0, uint.MaxValue, (ushort)(codeAttributes | 0x809b | dpl));
        for (var segment = Segment.Es; segment <= Segment.Gs; segment++)
            if (segment != Segment.Cs) Cpu.SetSegment(segment, data, 0, uint.MaxValue, (ushort)(0xc093 | dpl));
        State->Gpr[4] = user ? UserStack : KernelStack;
        State->Rip = 0x5000;
        State->SystemFlags = 0x202;
    }

    private void Fill32BitTss()
    {
        Write(TssAt + 4, 4, KernelStack);
        Write(TssAt + 8, 2, Data);
        Write(TssAt + 0x66, 2, 0x68);
    }
}

internal sealed class FixedTsc : ITimeStampCounter
{
    public ulong Frequency => 2_000_000_000;

    public ulong Read() => 0x1122334455667788;
}

/// <summary>Reads count up from 1; writes are kept.</summary>
internal sealed class FakePorts : IPortDevice
{
    private uint _reads;

    public List<uint> Written { get; } = [];

    public uint Read(ushort offset, int size) => ++_reads;

    public void Write(ushort offset, int size, uint value) => Written.Add(value);
}

internal sealed class FakeMachine : IMachineControl
{
    public int Resets { get; private set; }

    public void PowerOff() { }

    public void Reset() => Resets++;

    public void DebugExit(uint value) { }

    public void Panic(bool isCertain) { }
}

internal sealed class FakeInterrupts : ILocalInterrupts
{
    public Dictionary<uint, ulong> Msrs { get; } = new() { [0x1b] = 0xfee00900 };

    public bool HasInterrupt => false;
    public bool HasEvent => false;
    public int Acknowledge() => -1;

    public ProcessorEvents TakeEvents(out byte sipiVector)
    {
        sipiVector = 0;
        return ProcessorEvents.None;
    }

    public void Reset(bool init) { }

    public byte TaskPriority { get; set; }

    public bool TryReadMsr(uint index, out ulong value) => Msrs.TryGetValue(index, out value);

    public bool TryWriteMsr(uint index, ulong value)
    {
        if (!Msrs.ContainsKey(index)) return false;
        Msrs[index] = value;
        return true;
    }

    public uint ApicId { get; set; }
    public IMmioDevice Registers => throw new NotSupportedException();
    public GuestPhysical? RegistersBase => null;
}
