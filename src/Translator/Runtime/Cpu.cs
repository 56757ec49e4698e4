using System.Runtime.InteropServices;
using Tcg.Mttcg.Memory.Contracts;
using Tcg.Mttcg.Memory.Pages;
using Tcg.Mttcg.Memory.Paging;
using Tcg.Mttcg.Memory.Physical;
using Tcg.Mttcg.Memory.Tlb;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>
/// The managed half of a vCPU: what helpers work on. One thread uses it. Its parts: this file (identity and native state), Access (guest
/// memory), Helpers (one file a family), System (exceptions, segmentation, control transfers).
/// </summary>
public sealed unsafe partial class Cpu : IDisposable
{
    private GCHandle _handle;

    /// <param name="environment">Native memory of <see cref="CpuLayout.Bytes"/>, zeroed, 4096-aligned; owned by the caller and outliving this.</param>
    public Cpu(byte* environment, CpuPorts ports, TlbOptions? tlb = null)
    {
        State = (CpuState*)environment;
        Ports = ports;
        Tlb = new SoftTlb(environment + CpuLayout.TlbOffset, State->TlbMask, tlb);
        FlushJumpCache();
        _handle = GCHandle.Alloc(this);
        State->Handle = GCHandle.ToIntPtr(_handle);
    }

    public CpuState* State { get; }

    /// <summary>What the processor is wired to.</summary>
    public CpuPorts Ports { get; }

    /// <summary>Whom stores into code ask. Set once, before the vCPU runs.</summary>
    public ICodeCoherence Coherence { get; set; } = NoCoherence.Instance;

    /// <summary>The instruction under way runs while every other vCPU stands still.</summary>
    internal bool IsExclusive { get; set; }

    /// <summary>An application processor after reset or INIT: runs nothing, and takes no interrupt, until a start-up IPI.</summary>
    public bool WaitsForStartUp { get; private set; }

    /// <summary>What MONITOR watches for MWAIT.</summary>
    internal MonitoredLine Line { get; } = new();

    /// <summary>A host-side failure inside a helper, carried out by <see cref="TbExitReason.Failure"/>.</summary>
    public Exception? Failure { get; set; }

    public static Cpu From(CpuState* state) => (Cpu)GCHandle.FromIntPtr(state->Handle).Target!;

    /// <summary>Makes translated code leave right after the running helper.</summary>
    public void LeaveAfterHelper(TbExitReason reason) => State->HelperExit = (uint)reason + 1;

    public void Dispose()
    {
        if (_handle.IsAllocated) _handle.Free();
    }

    // A processor that nobody gave an owner of code coherence has no code to keep coherent.
    private sealed class NoCoherence : ICodeCoherence
    {
        public static readonly NoCoherence Instance = new();

        public void Protect(Tcg.Mttcg.Memory.RamPage page) => throw Missing();

        public LinkOutcome Link(Cache.TranslationBlock tb, PageVersions versions, out Cache.TranslationBlock? existing) => throw Missing();

        public void CodeWrite(Tcg.Mttcg.Memory.RamOffset start, int length) => throw Missing();

        public Cache.CodeRegion NextRegion(Cache.CodeRegion? full) => throw Missing();

        private static InvalidOperationException Missing() => new("the vCPU has no code coherence");
    }
}

/// <summary>The outside of a processor: everything a helper may reach beyond its own registers.</summary>
/// <param name="Index">0 for the bootstrap processor.</param>
/// <param name="Physical">This processor's view of the physical map.</param>
/// <param name="Memory">Guest-physical memory for what is not guest code: page-table walks.</param>
/// <param name="Stores">Page descriptors and dirty bitmaps, shared by all processors.</param>
public sealed record CpuPorts(
    int Index,
    ILocalInterrupts Interrupts,
    ITimeStampCounter Tsc,
    IMachineControl Machine,
    CpuPhysicalView Physical,
    PhysicalMemory Memory,
    PageWalker Walker,
    PortMap Io,
    StoreTracking Stores)
{
    /// <summary>What CPUID announces.</summary>
    public CpuModel Model { get; init; } = CpuModel.Default;
}
