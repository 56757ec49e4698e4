using Tcg.Mttcg.Actors.Protocol;
using Tcg.Mttcg.Memory;
using Tcg.Mttcg.Translator.Cache;
using Tcg.Mttcg.Translator.Runtime;

namespace Tcg.Mttcg.Actors.Vcpu;

/// <summary>The real processor in a vCPU actor.</summary>
/// <param name="reset">Puts the processor where the guest starts; called with it in its power-on state.</param>
public sealed unsafe class CpuEngine(Cpu cpu, CpuExecutor executor, Action<Cpu> reset) : IVcpuEngine
{
    public void Bind() => cpu.Tlb.BindToCurrentThread();

    public SliceEnd Run() => executor.Run();

    public SliceEnd RunExclusive() => executor.RunExclusive();

    public SliceEnd Step() => executor.Step();

    public DebugStop TakeStop() => cpu.TakeStop();

    public void Reset()
    {
        cpu.Reset();
        reset(cpu);
    }

    public bool IsDeaf => cpu.WaitsForStartUp || !cpu.InterruptsEnabled;

    public ulong RegisterDigest
    {
        get
        {
            const ulong Odd = 0x9e3779b97f4a7c15;
            var state = cpu.State;
            var digest = state->Rip;
            for (var i = 0; i < 16; i++) digest = (digest ^ state->Gpr[i]) * Odd;
            return digest;
        }
    }

    public Exception? TakeFailure()
    {
        var failure = cpu.Failure;
        cpu.Failure = null;
        return failure;
    }

    public void RevokeWrite(RamPage page) => cpu.Tlb.RevokeWrite(page);

    public void FlushTlb(TlbFlush flush)
    {
        if (flush == TlbFlush.Writes) cpu.Tlb.RevokeWrites();
        else cpu.FlushTlb();
    }

    public void Forget(CodeRegion region) => cpu.FlushJumpCache();

    public void Heed(DebugPoints points) => cpu.Heed(points);
}
