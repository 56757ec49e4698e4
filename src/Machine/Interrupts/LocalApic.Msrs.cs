using Tcg.Mttcg.Memory;

namespace Tcg.Mttcg.Machine.Interrupts;

/// <summary>IA32_APIC_BASE, IA32_TSC_DEADLINE and the x2APIC registers (SDM 3A 11.4.4, 11.12).</summary>
public sealed partial class LocalApic
{
    private const uint MsrApicBase = 0x1b, MsrTscDeadline = 0x6e0, MsrX2ApicFirst = 0x800, MsrX2ApicLast = 0x8ff;

    private const ulong DefaultBase = 0xfee00000, BaseBoot = 1 << 8, BaseX2Apic = 1 << 10, BaseEnabled = 1 << 11,
        BaseAddress = 0x000f_ffff_ffff_f000;

    private ulong _base;

    private bool IsHardwareEnabled => (Volatile.Read(ref _base) & BaseEnabled) != 0;

    private bool IsX2Apic => (Volatile.Read(ref _base) & BaseX2Apic) != 0;

    public GuestPhysical? RegistersBase
    {
        get
        {
            ulong value = Volatile.Read(ref _base);
            return (value & (BaseEnabled | BaseX2Apic)) == BaseEnabled ? new GuestPhysical(value & BaseAddress) : null;
        }
    }

    public bool TryReadMsr(uint index, out ulong value)
    {
        value = 0;
        switch (index)
        {
            case MsrApicBase: value = _base; return true;
            case MsrTscDeadline:
                lock (_gate.Monitor) value = _timer.TscDeadline;
                return true;
            case >= MsrX2ApicFirst and <= MsrX2ApicLast when IsX2Apic: return TryReadX2((int)(index - MsrX2ApicFirst), out value);
            default: return false;
        }
    }

    public bool TryWriteMsr(uint index, ulong value)
    {
        switch (index)
        {
            case MsrApicBase: return TryWriteBase(value);
            case MsrTscDeadline:
                lock (_gate.Monitor) _timer.TscDeadline = value;
                return true;
            case >= MsrX2ApicFirst and <= MsrX2ApicLast when IsX2Apic: return TryWriteX2((int)(index - MsrX2ApicFirst), value);
            default: return false;
        }
    }

    private bool TryReadX2(int index, out ulong value)
    {
        value = 0;
        bool readable = index is RegId or RegVersion or RegTpr or RegPpr or RegLdr or RegSpurious or (>= RegIsr and <= RegError) or RegIcrLow
            or (>= RegLvt and < RegLvt + LvtCount) or RegInitialCount or RegCurrentCount or RegDivide;
        if (!readable) return false;
        lock (_gate.Monitor)
        {
            value = ReadRegister(index);
            if (index == RegIcrLow) value |= (ulong)_icrHigh << 32;
        }
        return true;
    }

    private bool TryWriteX2(int index, ulong value)
    {
        if (index == RegIcrLow)
        {
            if ((value & 0xfff3_3000) != 0) return false;
            SendCommand64(value);
            return true;
        }
        // Writable bits; anything else is reserved and faults.
        uint? writable = index switch
        {
            RegTpr or RegSelfIpi => 0xff,
            RegEoi or RegError => 0,
            RegSpurious => 0x11ff,
            >= RegLvt and < RegLvt + LvtCount => s_lvtMasks[index - RegLvt] | 0x1000u,
            RegInitialCount => uint.MaxValue,
            RegDivide => 0xb,
            _ => null,
        };
        if (writable is not { } mask || (value & ~(ulong)mask) != 0) return false;
        WriteRegister(index, (uint)value);
        return true;
    }

    /// <summary>Only the transitions of SDM 3A figure 11-27 are legal; the processor cannot lose its boot flag.</summary>
    private bool TryWriteBase(ulong value)
    {
        if ((value & ~(BaseAddress | BaseEnabled | BaseX2Apic | BaseBoot)) != 0) return false;
        const ulong modes = BaseEnabled | BaseX2Apic;
        ulong from = _base & modes, to = value & modes;
        if (to == BaseX2Apic) return false;
        if (from == modes && to == BaseEnabled) return false;
        if (from == 0 && to == modes) return false;
        lock (_gate.Monitor)
        {
            Volatile.Write(ref _base, value & ~BaseBoot | (_isBoot ? BaseBoot : 0));
            if (to != from && to != modes) ClearState();
            if (to == modes) _icrHigh = 0;
            Update();
        }
        return true;
    }
}
