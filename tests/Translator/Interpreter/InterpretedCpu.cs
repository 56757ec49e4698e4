using System.Runtime.InteropServices;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Host.Interpreter;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.Interpreter;

/// <summary>A processor with 64 KiB of guest memory at linear address 0x10000, mapped by hand in its TLB, and an interpreter.</summary>
internal sealed unsafe class InterpretedCpu : IDisposable
{
    public const ulong MemoryBase = 0x10000;
    public const int MemoryBytes = 0x10000;

    private readonly byte* _environment = (byte*)NativeMemory.AlignedAlloc(CpuLayout.Bytes, 4096);
    private readonly byte* _memory = (byte*)NativeMemory.AlignedAlloc(MemoryBytes, 4096);
    private readonly InterpreterBackEnd _backEnd = new();

    public InterpretedCpu()
    {
        NativeMemory.Clear(_environment, CpuLayout.Bytes);
        NativeMemory.Clear(_memory, MemoryBytes);
        Cpu = new Cpu(_environment, null!);
        State->FlagsLow = 2;
        State->MxCsr = State->HostMxCsr = 0x1f80;
        for (var view = 0; view < TlbLayout.MmuIndexes; view++) MapMemory((MmuIndex)view);
    }

    public Cpu Cpu { get; }
    public CpuState* State => Cpu.State;
    public Span<byte> Memory => new(_memory, MemoryBytes);

    public TbExit Run(string text, TbContext context = default)
    {
        var block = IrText.Parse(text);
        if (block.Context == default) block.Context = context;
        Assert.Null(IrVerifier.Check(block));
        var tb = new TranslationBlock(7, new TbKey(new RamOffset(0), block.Context));
        _backEnd.Emit(block, tb, null);
        var exit = _backEnd.Execute(Cpu, tb);
        if (exit.Reason == TbExitReason.Failure) throw Cpu.Failure!;
        return exit;
    }

    public void Dispose()
    {
        _backEnd.Dispose();
        Cpu.Dispose();
        NativeMemory.AlignedFree(_memory);
        NativeMemory.AlignedFree(_environment);
    }

    private void MapMemory(MmuIndex view)
    {
        State->TlbMask[(int)view] = TlbLayout.MaskFor(TlbLayout.MinEntriesShift);
        var table = (TlbEntry*)(_environment + CpuLayout.TlbTableOffset(view));
        for (var index = 0; index < 1 << TlbLayout.MinEntriesShift; index++)
        {
            var page = (ulong)index << PageSize.Shift;
            var mapped = page is >= MemoryBase and < MemoryBase + MemoryBytes;
            var tag = mapped ? page : (page ^ (ulong)PageSize.Bytes) | (ulong)TlbFlags.Invalid;
            table[index] = new TlbEntry { ReadTag = tag, WriteTag = tag, CodeTag = tag, HostPage = mapped ? (ulong)(_memory + (page - MemoryBase)) : 0 };
        }
    }
}
