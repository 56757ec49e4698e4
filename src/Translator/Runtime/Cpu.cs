using System.Runtime.InteropServices;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>
/// The managed half of a vCPU: what helpers work on. One thread uses it. Its parts: this file (identity and native state), Cpu.Memory
/// (guest memory as helpers see it), Helpers (one file a family), System (exceptions, segmentation, control transfers).
/// </summary>
public sealed unsafe partial class Cpu : IDisposable
{
    private GCHandle _handle;

    /// <param name="environment">Native memory of <see cref="CpuLayout.Bytes"/>, zeroed, 4096-aligned; owned by the caller and outliving this.</param>
    public Cpu(byte* environment, CpuPorts ports)
    {
        State = (CpuState*)environment;
        Ports = ports;
        _handle = GCHandle.Alloc(this);
        State->Handle = GCHandle.ToIntPtr(_handle);
    }

    public CpuState* State { get; }

    /// <summary>What the processor is wired to.</summary>
    public CpuPorts Ports { get; }

    /// <summary>A host-side failure inside a helper, carried out by <see cref="TbExitReason.Failure"/>.</summary>
    public Exception? Failure { get; set; }

    public static Cpu From(CpuState* state) => (Cpu)GCHandle.FromIntPtr(state->Handle).Target!;

    /// <summary>Makes translated code leave right after the running helper.</summary>
    public void LeaveAfterHelper(TbExitReason reason) => State->HelperExit = (uint)reason + 1;

    public void Dispose()
    {
        if (_handle.IsAllocated) _handle.Free();
    }
}

/// <summary>The outside of a processor: everything a helper may reach beyond its own registers.</summary>
/// <param name="Index">0 for the bootstrap processor.</param>
public sealed record CpuPorts(
    int Index,
    ILocalInterrupts Interrupts,
    ITimeStampCounter Tsc,
    IMachineControl Machine)
{
    /// <summary>What CPUID announces.</summary>
    public CpuModel Model { get; init; } = CpuModel.Default;
}
