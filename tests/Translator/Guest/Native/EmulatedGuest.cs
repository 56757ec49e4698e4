using System.Runtime.InteropServices;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Memory.Tlb;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Guest;
using Tcg.Mttcg.Translator.Host;
using Tcg.Mttcg.Translator.Ir;
using Tcg.Mttcg.Translator.Passes;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Translator.Tests.Guest.Native;

/// <summary>A processor whose soft TLB maps given host memory at its own address, run block by block through lifter, passes and back end.</summary>
internal sealed unsafe class EmulatedGuest : IDisposable
{
    private readonly byte* _environment = (byte*)NativeMemory.AlignedAlloc(CpuLayout.Bytes, 4096);
    private readonly Cpu _cpu;
    private readonly IBackEnd _backEnd;
    private readonly Func<CodeRegion?> _region;
    private readonly PassPipeline? _passes;
    private readonly BlockLifter _lifter = new();
    private readonly IrBlock _block = new();

    public EmulatedGuest(byte* memory, int bytes, IBackEnd backEnd, Func<CodeRegion?> region, bool optimise)
    {
        _backEnd = backEnd;
        _region = region;
        _passes = optimise ? new PassPipeline() : null;
        NativeMemory.Clear(_environment, CpuLayout.Bytes);
        _cpu = new Cpu(_environment, null!);
        State->TlbMask[0] = TlbLayout.MaskFor(TlbLayout.MinEntriesShift);
        var table = (TlbEntry*)(_environment + CpuLayout.TlbTableOffset(MmuIndex.User));
        for (var index = 0; index < 1 << TlbLayout.MinEntriesShift; index++)
        {
            var bad = (ulong)((~index & 1) << PageSize.Shift) | (ulong)Memory.Tlb.TlbFlags.Invalid;
            table[index] = new TlbEntry { ReadTag = bad, WriteTag = bad, CodeTag = bad };
        }
        for (var page = memory; page < memory + bytes; page += PageSize.Bytes)
        {
            var linear = (ulong)page;
            table[(int)(linear >> PageSize.Shift) & ((1 << TlbLayout.MinEntriesShift) - 1)] =
                new TlbEntry { ReadTag = linear, WriteTag = linear, CodeTag = linear, HostPage = linear };
        }
    }

    private CpuState* State => _cpu.State;

    /// <summary>Runs until control reaches the end of the code, which lies at <paramref name="address"/>.</summary>
    public void Run(byte[] code, ulong address, ref ProcessorImage image)
    {
        Load(image);
        var end = address + (ulong)code.Length;
        for (ulong rip = address, blocks = 0; rip != end; rip = State->Rip, blocks++)
        {
            if (blocks > 1000 || rip < address || rip > end) throw new InvalidOperationException($"lost at {rip:x}");
            var reason = RunBlock(code[(int)(rip - address)..], rip);
            if (reason == TbExitReason.Exception) throw new InvalidOperationException($"raised an exception at {rip:x}");
        }
        Store(ref image);
    }

    private TbExitReason RunBlock(byte[] code, ulong rip)
    {
        var context = new TbContext(rip, 0, Lifted.Flat64, TbCompileFlags.NoChain);
        Assert.Equal(LiftOutcome.Lifted, _lifter.Lift(_block, context, new CodePages(code, code.Length)));
        _passes?.Run(_block);
        var tb = new TranslationBlock(1, new TbKey(new RamOffset(0), context));
        Assert.Equal(EmitResult.Emitted, _backEnd.Emit(_block, tb, _region()));
        var exit = _backEnd.Execute(_cpu, tb);
        if (exit.Reason == TbExitReason.Failure) throw new InvalidOperationException("failed", _cpu.Failure);
        return exit.Reason;
    }

    private void Load(in ProcessorImage image)
    {
        for (var i = 0; i < 16; i++) State->Gpr[i] = image.Gpr[i];
        for (var i = 0; i < 32; i++) Half(i) = image.Xmm[i];
        State->FlagsLow = (byte)image.Flags;
        State->FlagOverflow = (byte)((image.Flags >> 11) & 1);
        State->SystemFlags = 2;
        State->MxCsr = State->HostMxCsr = (uint)image.MxCsr;
    }

    private void Store(ref ProcessorImage image)
    {
        for (var i = 0; i < 16; i++) image.Gpr[i] = State->Gpr[i];
        for (var i = 0; i < 32; i++) image.Xmm[i] = Half(i);
        image.Flags = State->FlagsLow | ((ulong)State->FlagOverflow << 11);
    }

    private ref ulong Half(int index) => ref *(ulong*)(_environment + CpuState.VectorOffset + (index / 2 * CpuState.VectorStride) + (index % 2 * 8));

    public void Dispose()
    {
        _backEnd.Dispose();
        _cpu.Dispose();
        NativeMemory.AlignedFree(_environment);
    }
}
