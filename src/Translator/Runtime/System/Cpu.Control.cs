using Tcg.Mttcg.Memory;

namespace Tcg.Mttcg.Translator.Runtime;

public sealed unsafe partial class Cpu
{
    /// <summary>The processor model: CPUID and what follows from it.</summary>
    public CpuModel Model => Ports.Model;

    internal bool TryReadControl(int number, out ulong value)
    {
        value = number switch
        {
            0 => State->Cr0,
            2 => State->Cr2,
            3 => State->Cr3,
            4 => State->Cr4,
            8 => Ports.Interrupts.TaskPriority,
            _ => 0,
        };
        return number is 0 or 2 or 3 or 4 or 8 || Fail(ExceptionVector.InvalidOpcode);
    }

    internal bool TryWriteControl(int number, ulong value)
    {
        switch (number)
        {
            case 0: return TryWriteCr0(value);
            case 2: State->Cr2 = value; return true;
            case 3: return TryWriteCr3(value);
            case 4: return TryWriteCr4(value);
            case 8:
                if (value > 15) return Fail(ExceptionVector.GeneralProtection, 0);
                Ports.Interrupts.TaskPriority = (byte)value;
                return true;
            default: return Fail(ExceptionVector.InvalidOpcode);
        }
    }

    /// <summary>MOV to CR0, LMSW and CLTS (SDM 3A 2.5, 9.8.5): paging and long mode are entered and left here.</summary>
    internal bool TryWriteCr0(ulong value)
    {
        if (value >> 32 != 0) return Fail(ExceptionVector.GeneralProtection, 0);
        value = (value & Cr0.Known) | Cr0.Et;
        var changed = value ^ State->Cr0;
        if ((value & (Cr0.Pg | Cr0.Pe)) == Cr0.Pg || (value & (Cr0.Nw | Cr0.Cd)) == Cr0.Nw) return Fail(ExceptionVector.GeneralProtection, 0);
        var paging = (value & Cr0.Pg) != 0;
        var efer = State->Efer;
        if ((changed & Cr0.Pg) != 0 && (efer & Efer.Lme) != 0)
        {
            if (paging && ((State->Cr4 & Cr4.Pae) == 0 || (State->Cs.Attributes & SegmentBits.Long) != 0 || (State->Tr.Attributes & 8) == 0))
                return Fail(ExceptionVector.GeneralProtection, 0);
            if (!paging && IsLongMode64) return Fail(ExceptionVector.GeneralProtection, 0);
            efer = paging ? efer | Efer.Lma : efer & ~Efer.Lma;
        }
        if (!paging && (State->Cr4 & Cr4.PcidE) != 0) return Fail(ExceptionVector.GeneralProtection, 0);
        if ((changed & (Cr0.Pg | Cr0.Cd | Cr0.Nw)) != 0 && UsesPdptes(value, State->Cr4, efer) && !TryLoadPdptes(State->Cr3)) return false;

        State->Cr0 = value;
        State->Efer = efer;
        InvalidateContext();
        if ((changed & (Cr0.Pg | Cr0.Wp | Cr0.Pe)) != 0) FlushTlb();
        return true;
    }

    /// <summary>MOV to CR3 (SDM 3A 4.10.4.1). Bit 63 with CR4.PCIDE: translations of the new PCID stay.</summary>
    internal bool TryWriteCr3(ulong value)
    {
        var keep = false;
        var pcids = (State->Cr4 & Cr4.PcidE) != 0;
        if (IsLongMode)
        {
            keep = pcids && value >> 63 != 0;
            if (pcids) value &= ulong.MaxValue >> 1;
            if (value >> Model.PhysicalBits != 0) return Fail(ExceptionVector.GeneralProtection, 0);
        }
        else
        {
            value = (uint)value;
            if (UsesPdptes(State->Cr0, State->Cr4, State->Efer) && !TryLoadPdptes(value)) return false;
        }
        State->Cr3 = value;
        SwitchAddressSpace(pcids ? (ushort)(value & 0xfff) : (ushort)0, keep);
        return true;
    }

    internal bool TryWriteCr4(ulong value)
    {
        var changed = value ^ State->Cr4;
        if ((value & ~Model.Cr4Mask) != 0) return Fail(ExceptionVector.GeneralProtection, 0);
        if (IsLongMode && ((value & Cr4.Pae) == 0 || (changed & Cr4.La57) != 0)) return Fail(ExceptionVector.GeneralProtection, 0);
        if ((changed & value & Cr4.PcidE) != 0 && (!IsLongMode || (State->Cr3 & 0xfff) != 0)) return Fail(ExceptionVector.GeneralProtection, 0);
        if ((changed & (Cr4.Pae | Cr4.Pse | Cr4.Pge | Cr4.Smep)) != 0 && UsesPdptes(State->Cr0, value, State->Efer) && !TryLoadPdptes(State->Cr3))
            return false;
        State->Cr4 = value;
        InvalidateContext();
        if ((changed & Cr4.Translation) != 0) FlushTlb();
        return true;
    }

    private static bool UsesPdptes(ulong cr0, ulong cr4, ulong efer) =>
        (cr0 & Cr0.Pg) != 0 && (cr4 & Cr4.Pae) != 0 && (efer & Efer.Lma) == 0;

    // SDM 3A 4.4.1: PAE paging holds its four top entries in registers; a present one with reserved bits faults.
    private bool TryLoadPdptes(ulong cr3)
    {
        Span<ulong> entries = stackalloc ulong[4];
        var reserved = ~((1UL << Model.PhysicalBits) - 1) | 0x1e6;
        for (var i = 0; i < 4; i++)
        {
            entries[i] = ReadPhysical(new GuestPhysical((cr3 & 0xffffffe0) + (ulong)i * 8));
            if ((entries[i] & 1) != 0 && (entries[i] & reserved) != 0) return Fail(ExceptionVector.GeneralProtection, 0);
        }
        for (var i = 0; i < 4; i++) State->PdPte[i] = entries[i];
        return true;
    }

    /// <summary>LMSW: the low four bits, and PE can only be set.</summary>
    internal bool TryLoadMachineStatus(ulong value) =>
        TryWriteCr0((State->Cr0 & ~(Cr0.Mp | Cr0.Em | Cr0.Ts)) | (value & (Cr0.Pe | Cr0.Mp | Cr0.Em | Cr0.Ts)));

    internal void ClearTaskSwitched()
    {
        State->Cr0 &= ~Cr0.Ts;
        InvalidateContext();
    }

    /// <summary>WRMSR to IA32_EFER: LME only while paging is off; LMA is not the guest's to write. False: refused.</summary>
    internal bool TryWriteEfer(ulong value)
    {
        if ((value & ~Model.EferMask) != 0) return false;
        var changed = value ^ State->Efer;
        if ((changed & Efer.Lme) != 0 && (State->Cr0 & Cr0.Pg) != 0) return false;
        State->Efer = (value & ~Efer.Lma) | (State->Efer & Efer.Lma);
        InvalidateContext();
        if ((changed & Efer.Nxe) != 0) FlushTlb();
        return true;
    }

    internal bool TryWriteXcr0(ulong value)
    {
        var ok = (value & ~Model.Xcr0Mask) == 0 && (value & Xcr0.X87) != 0 && (value & (Xcr0.Sse | Xcr0.Avx)) != Xcr0.Avx;
        if (!ok) return Fail(ExceptionVector.GeneralProtection, 0);
        State->Xcr0 = value;
        InvalidateContext();
        return true;
    }

    /// <summary>Cached translations hold rights, so those of keys that change go.</summary>
    internal void WritePkru(uint value)
    {
        var changed = value ^ State->Pkru;
        State->Pkru = value;
        var keys = 0u;
        for (var key = 0; key < 16; key++)
            if ((changed >> key * 2 & 3) != 0) keys |= 1u << key;
        if (keys != 0 && (State->Cr4 & Cr4.Pke) != 0) Tlb.FlushKeys(keys);
    }

    /// <summary>INVPCID (SDM 2A). Only the current PCID's translations exist here.</summary>
    internal bool TryInvalidatePcid(ulong type, ulong pcid, ulong address)
    {
        var individual = type <= 1;
        var usesPcids = (State->Cr4 & Cr4.PcidE) != 0;
        if (type > 3 || pcid >> 12 != 0 || (individual && pcid != 0 && !usesPcids) || (type == 0 && !IsCanonical(address)))
            return Fail(ExceptionVector.GeneralProtection, 0);
        if (individual && usesPcids && pcid != (State->Cr3 & 0xfff)) return true;
        if (type == 0) FlushTlbPage(new GuestVirtual(address));
        else if (type == 2) FlushTlb();
        else FlushTlbNonGlobal();
        return true;
    }
}
