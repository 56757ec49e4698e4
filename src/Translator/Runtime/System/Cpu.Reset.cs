using Tcg.Mttcg.Translator.Ir;

namespace Tcg.Mttcg.Translator.Runtime;

public sealed unsafe partial class Cpu
{
    /// <summary>
    /// Power-up, RESET or INIT (SDM 3A table 10-1). INIT keeps CR0's cache bits and the x87, vector and most model-specific registers. All but
    /// processor 0 then wait for start-up. The local interrupt controller is reset by the caller.
    /// </summary>
    public void Reset(bool init = false)
    {
        State->Cr0 = Cr0.Et | (init ? State->Cr0 & (Cr0.Cd | Cr0.Nw) : Cr0.Cd | Cr0.Nw);
        if (!init) ResetKeptByInit();
        new Span<ulong>(State->Gpr, 16).Clear();
        State->Gpr[2] = Model.Signature;
        Eflags = 0;
        State->Rip = 0xfff0;
        for (var segment = Segment.Es; segment <= Segment.Gs; segment++) SetSegment(segment, 0, 0, 0xffff, SegmentBits.RealData);
        SetSegment(Segment.Cs, 0xf000, 0xffff0000, 0xffff, SegmentBits.RealCode);
        State->Ldtr = new SegmentRegister { Limit = 0xffff, Attributes = SegmentBits.Present | SystemType.Ldt };
        State->Tr = new SegmentRegister { Limit = 0xffff, Attributes = SegmentBits.Present | SystemType.TssBusy };
        State->GdtBase = State->IdtBase = 0;
        State->GdtLimit = State->IdtLimit = 0xffff;
        State->Cr2 = State->Cr3 = State->Cr4 = State->Efer = 0;
        State->Pkru = 0;
        new Span<ulong>(State->Dr, 8).Clear();
        State->Dr[6] = Dr.Dr6Fixed;
        State->Dr[7] = Dr.Dr7Fixed;
        RefreshBreakpoints();
        DropTriggers();
        ForgetShown();
        new Span<ulong>(State->PdPte, 4).Clear();
        State->InterruptShadow = State->NmiBlocked = 0;
        State->HelperExit = 0;
        _hasPending = false;
        IsShutDown = false;
        Line.Disarm();
        WaitsForStartUp = Ports.Index != 0;
        State->Halted = (byte)(WaitsForStartUp ? 1 : 0);
        InvalidateContext();
        FlushTlb();
    }

    /// <summary>A start-up IPI to a processor that waits for one: execution begins in real mode at vector * 4 KiB.</summary>
    public void StartUp(byte vector)
    {
        WaitsForStartUp = false;
        State->Halted = 0;
        SetSegment(Segment.Cs, (ushort)(vector << 8), (ulong)vector << 12, 0xffff, SegmentBits.RealCode);
        State->Rip = 0;
    }

    /// <summary>Loads a segment register, hidden part included, without any check: start-up code, snapshots, tests.</summary>
    /// <param name="limit">In bytes.</param>
    /// <param name="attributes">As <see cref="SegmentRegister.Attributes"/>.</param>
    public void SetSegment(Segment segment, ushort selector, ulong baseAddress, uint limit, ushort attributes)
    {
        SegmentOf(segment) = new SegmentRegister { Base = baseAddress, Limit = limit, Attributes = attributes, Selector = selector };
        InvalidateContext();
    }

    private void ResetKeptByInit()
    {
        State->Xcr0 = Xcr0.X87;
        State->MxCsr = State->HostMxCsr = MxCsr.Default;
        new Span<byte>(State->Vector, 16 * CpuState.VectorStride).Clear();
        new Span<byte>(State->X87, 8 * 16).Clear();
        State->X87Control = 0x40;
        State->X87Status = State->X87Tag = State->X87Opcode = 0;
        State->X87Ip = State->X87Dp = 0;
        State->Star = State->LStar = State->CStar = State->SfMask = State->KernelGsBase = 0;
        State->SysEnterCs = State->SysEnterEsp = State->SysEnterEip = State->TscAux = State->TscAdjust = 0;
        ResetMsrs();
    }
}
