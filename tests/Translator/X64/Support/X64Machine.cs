using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Host;
using Tcg.Mttcg.Translator.Host.X64;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.X64;

/// <summary>
/// A vCPU, a code region and one back end. Guest addresses equal host addresses: <see cref="Map"/> fills the soft TLB for a page of
/// <see cref="Ram"/>. Helpers of translated code end in <see cref="OnHelper"/>.
/// </summary>
internal sealed unsafe class X64Machine : IDisposable
{
    public const int RamBytes = 64 * 4096, CodeBytes = 1 << 20;
    public const ulong CodePc = 0x400000;

    /// <summary>The part of RAM that test programs use, and where in it their base register starts.</summary>
    public const int SharedBytes = 5 * 4096, SharedBase = 4096;

    private readonly byte* _environment = NativeMemory.Allocate(CpuLayout.Bytes);
    private readonly (nint Writable, nint Executable) _code = NativeMemory.AllocateCode(CodeBytes);
    private int _nextId = 1;

    public X64Machine(X64Options? options = null, int codeBytes = CodeBytes)
    {
        Ram = NativeMemory.Allocate(RamBytes);
        Cpu = new Cpu(_environment, null!);
        var thunkRegion = new CodeRegion(0, (byte*)_code.Writable, (byte*)_code.Executable, 16384, 16384);
        Thunks = X64Thunks.Emit(thunkRegion, Avx.IsSupported, (nint)(delegate* unmanaged<CpuState*, ulong, ulong, ulong, ulong, ulong>)&Enter);
        Region = new CodeRegion(1, (byte*)_code.Writable + 16384, (byte*)_code.Executable + 16384, codeBytes - 16384, codeBytes - 32768);
        BackEnd = new X64BackEnd(Thunks, options);
        State->MxCsr = State->HostMxCsr = 0x1f80;
        FlushTlb();
        Current = this;
    }

    [ThreadStatic]
    private static X64Machine? Current;

    public Cpu Cpu { get; }
    public CpuState* State => (CpuState*)_environment;
    public byte* Ram { get; }
    public X64Thunks Thunks { get; }
    public CodeRegion Region { get; }
    public X64BackEnd BackEnd { get; }

    public delegate ulong HelperBody(HelperId id, ulong a, ulong b, ulong c);

    /// <summary>What helpers do; the default plays a slow path over <see cref="Ram"/>.</summary>
    public HelperBody? OnHelper { get; set; }

    public List<(HelperId Id, ulong A, ulong B, ulong C)> HelperCalls { get; } = [];

    [UnmanagedCallersOnly]
    private static ulong Enter(CpuState* state, ulong id, ulong a, ulong b, ulong c)
    {
        var machine = Current!;
        machine.HelperCalls.Add(((HelperId)id, a, b, c));
        try
        {
            return (machine.OnHelper ?? machine.SlowMemory)((HelperId)id, a, b, c);
        }
        catch (Exception failure)
        {
            machine.Cpu.Failure = failure;
            machine.Cpu.LeaveAfterHelper(TbExitReason.Failure);
            return 0;
        }
    }

    /// <summary>The memory helpers without protection: guest address is host address.</summary>
    public ulong SlowMemory(HelperId id, ulong a, ulong b, ulong c)
    {
        var access = new MemoryAccess(c);
        var span = new Span<byte>((void*)a, access.Bytes);
        switch (id)
        {
            case HelperId.LoadSlow: return Read(span);
            case HelperId.StoreSlow: Write(span, b); return 0;
            case HelperId.ProbeWriteSlow: return 0;
            case HelperId.LoadWide: span.CopyTo(new Span<byte>(State->Bounce, 64)); return 0;
            case HelperId.StoreWide: new Span<byte>(State->Bounce, access.Bytes).CopyTo(span); return 0;
            case HelperId.RmwSlow:
                var old = Read(span);
                Write(span, SlowRmw.Apply(access, old, b));
                return old;
            case HelperId.CmpXchgSlow:
                var value = Read(span);
                var mask = access.Bytes == 8 ? ulong.MaxValue : (1ul << 8 * access.Bytes) - 1;
                if (value == (State->Gpr[0] & mask)) Write(span, b);
                return value;
            case HelperId.RaiseException:
                Cpu.LeaveAfterHelper(TbExitReason.Exception);
                return 0;
            default: throw new InvalidOperationException($"unexpected helper {id}");
        }
    }

    private static ulong Read(Span<byte> span)
    {
        ulong value = 0;
        for (var i = 0; i < span.Length; i++) value |= (ulong)span[i] << 8 * i;
        return value;
    }

    private static void Write(Span<byte> span, ulong value)
    {
        for (var i = 0; i < span.Length; i++) span[i] = (byte)(value >> 8 * i);
    }

    public void FlushTlb()
    {
        for (var view = 0; view < TlbLayout.MmuIndexes; view++)
        {
            State->TlbMask[view] = TlbLayout.MaskFor(TlbLayout.MinEntriesShift);
            var table = (TlbEntry*)(_environment + CpuLayout.TlbTableOffset((MmuIndex)view));
            for (var i = 0; i < 1 << TlbLayout.MinEntriesShift; i++)
            {
                var bad = (ulong)(~i & 1) << 12 | (ulong)TlbFlags.Invalid;
                table[i] = new TlbEntry { ReadTag = bad, WriteTag = bad, CodeTag = bad };
            }
        }
    }

    /// <summary>Makes the page of this host address accessible at the same guest address, or at another one.</summary>
    public void Map(void* host, bool write = true, ulong? guest = null, MmuIndex view = MmuIndex.User)
    {
        var page = (ulong)host & PageSize.Mask;
        var linear = guest ?? page;
        var table = (TlbEntry*)(_environment + CpuLayout.TlbTableOffset(view));
        var index = (int)(linear >> 12) & (1 << TlbLayout.MinEntriesShift) - 1;
        ref var entry = ref table[index];
        entry.ReadTag = linear;
        entry.WriteTag = write ? linear : (ulong)(~index & 1) << 12 | (ulong)TlbFlags.NotDirty;
        entry.HostPage = page;
    }

    public void MapAll()
    {
        for (var at = 0; at < RamBytes; at += 4096) Map(Ram + at);
    }

    public static TbContext Context(TbCompileFlags compile = TbCompileFlags.None, ulong pc = CodePc) =>
        new(pc, 0, TbFlags.Code64 | TbFlags.LongMode | TbFlags.Protected | TbFlags.CsBaseZero | TbFlags.OsFxsr, compile);

    public static IrBlock NewBlock(TbCompileFlags compile = TbCompileFlags.None, ulong pc = CodePc) =>
        new() { Context = Context(compile, pc) };

    public TranslationBlock Emit(IrBlock block)
    {
        var tb = new TranslationBlock(_nextId++, new TbKey(new RamOffset(0), block.Context));
        Assert.Equal(EmitResult.Emitted, BackEnd.Emit(block, tb, Region));
        Region.Append(tb);
        return tb;
    }

    public TbExit Run(TranslationBlock tb)
    {
        Current = this;
        var exit = BackEnd.Execute(Cpu, tb);
        if (Cpu.Failure is { } failure) throw new InvalidOperationException("a helper failed", failure);
        return exit;
    }

    public void Set(in Registers registers)
    {
        for (var i = 0; i < 16; i++) State->Gpr[i] = registers.Gpr[i];
        State->FlagOverflow = (byte)(registers.Flags >> 11 & 1);
        State->FlagsLow = (byte)(registers.Flags & 0xd5 | 2);
        State->MxCsr = State->HostMxCsr = (uint)registers.MxCsr;
        for (var i = 0; i < 256; i++) State->Vector[64 * (i / 16) + i % 16] = registers.Vector[i];
    }

    public Registers Get()
    {
        Registers registers = default;
        for (var i = 0; i < 16; i++) registers.Gpr[i] = State->Gpr[i];
        registers.Flags = (ulong)State->FlagOverflow << 11 | State->FlagsLow & 0xd5u;
        registers.MxCsr = State->MxCsr;
        for (var i = 0; i < 256; i++) registers.Vector[i] = State->Vector[64 * (i / 16) + i % 16];
        return registers;
    }

    public void Dispose()
    {
        BackEnd.Dispose();
        Cpu.Dispose();
        NativeMemory.Free(_environment, CpuLayout.Bytes);
        NativeMemory.Free(Ram, RamBytes);
        NativeMemory.Free((void*)_code.Writable, CodeBytes);
        NativeMemory.Free((void*)_code.Executable, CodeBytes);
    }
}
