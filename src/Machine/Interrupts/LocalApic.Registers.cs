using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Interrupts;

/// <summary>The register file: indices are xAPIC offsets divided by 16, which are also x2APIC MSR numbers minus 0x800 (SDM 3A tables 11-1 and 11-6).</summary>
public sealed partial class LocalApic
{
    private const int RegId = 0x02, RegVersion = 0x03, RegTpr = 0x08, RegApr = 0x09, RegPpr = 0x0a, RegEoi = 0x0b, RegRemoteRead = 0x0c, RegLdr = 0x0d,
        RegDfr = 0x0e, RegSpurious = 0x0f, RegIsr = 0x10, RegTmr = 0x18, RegIrr = 0x20, RegError = 0x28, RegIcrLow = 0x30, RegIcrHigh = 0x31,
        RegLvt = 0x32, RegInitialCount = 0x38, RegCurrentCount = 0x39, RegDivide = 0x3e, RegSelfIpi = 0x3f;

    private const int LvtTimer = 0, LvtThermal = 1, LvtPerformance = 2, LvtLint0 = 3, LvtLint1 = 4, LvtError = 5, LvtCount = 6;

    /// <summary>Integrated APIC, six LVT entries, can suppress the EOI broadcast.</summary>
    private const uint Version = 0x14 | LvtCount - 1 << 16 | 1 << 24;

    private const uint LvtMasked = 1 << 16, SpuriousEnabled = 1 << 8, SpuriousSuppressEoiBroadcast = 1 << 12;

    private const uint ErrorSentIllegalVector = 1 << 5, ErrorReceivedIllegalVector = 1 << 6, ErrorIllegalRegister = 1 << 7;

    /// <summary>Writable bits of each LVT entry.</summary>
    private static readonly uint[] s_lvtMasks = [0x700ff, 0x107ff, 0x107ff, 0x1a7ff, 0x1a7ff, 0x100ff];

    private readonly uint[] _lvt = new uint[LvtCount];
    private uint _ldr, _dfr, _svr, _icrLow, _icrHigh, _errors, _errorStatus;

    private bool IsSoftwareEnabled => (_svr & SpuriousEnabled) != 0;

    private DeliveryMode LvtMode(int entry) => (DeliveryMode)(_lvt[entry] >> 8 & 7);

    private bool IsMasked(int entry) => (_lvt[entry] & LvtMasked) != 0;

    private void ClearState()
    {
        _irr.Clear();
        _isr.Clear();
        _tmr.Clear();
        Volatile.Write(ref _tpr, (byte)0);
        Array.Fill(_lvt, LvtMasked);
        (_ldr, _dfr, _svr, _icrLow, _icrHigh, _errors, _errorStatus) = (0, uint.MaxValue, 0xff, 0, 0, 0, 0);
        _timer.Reset();
    }

    /// <summary>How firmware leaves the boot processor: APIC on, LINT0 as ExtINT from the 8259s, LINT1 as NMI (MP specification 3.6.2.2).</summary>
    private void ApplyVirtualWire()
    {
        _svr |= SpuriousEnabled;
        _lvt[LvtLint0] = (uint)DeliveryMode.ExtInt << 8;
        _lvt[LvtLint1] = (uint)DeliveryMode.Nmi << 8;
    }

    /// <summary>Inside the gate.</summary>
    private uint ReadRegister(int index)
    {
        switch (index)
        {
            case RegId: return IsX2Apic ? ApicId : ApicId << 24;
            case RegVersion: return Version;
            case RegTpr: return _tpr;
            case RegApr: return 0;
            case RegPpr: return ProcessorPriority;
            case RegRemoteRead or RegEoi: return 0;
            case RegLdr: return IsX2Apic ? ApicId >> 4 << 16 | 1u << (int)(ApicId & 15) : _ldr;
            case RegDfr: return _dfr;
            case RegSpurious: return _svr;
            case >= RegIsr and < RegIsr + 8: return _isr.Word(index - RegIsr);
            case >= RegTmr and < RegTmr + 8: return _tmr.Word(index - RegTmr);
            case >= RegIrr and < RegIrr + 8: return _irr.Word(index - RegIrr);
            case RegError: return _errorStatus;
            case RegIcrLow: return _icrLow;
            case RegIcrHigh: return _icrHigh;
            case >= RegLvt and < RegLvt + LvtCount: return _lvt[index - RegLvt];
            case RegInitialCount: return _timer.InitialCount;
            case RegCurrentCount: return _timer.CurrentCount;
            case RegDivide: return _timer.DivideConfiguration;
            default:
                RaiseError(ErrorIllegalRegister);
                return 0;
        }
    }

    /// <summary>Takes the gate itself, since EOI and ICR reach other devices after leaving it.</summary>
    private void WriteRegister(int index, uint value)
    {
        switch (index)
        {
            case RegEoi: EndOfInterrupt(); return;
            case RegIcrLow: SendCommand(value); return;
            case RegSelfIpi when IsX2Apic: Accept(new ApicMessage(DeliveryMode.Fixed, (byte)value, ApicId, false)); return;
        }
        lock (_gate.Monitor) WriteState(index, value);
    }

    private void WriteState(int index, uint value)
    {
        switch (index)
        {
            case RegTpr:
                Volatile.Write(ref _tpr, (byte)value);
                Update();
                break;
            case RegLdr: _ldr = value & 0xff000000; break;
            case RegDfr: _dfr = value | 0x0fffffff; break;
            case RegSpurious: WriteSpurious(value); break;
            case RegError: (_errorStatus, _errors) = (_errors, 0); break;
            case RegIcrHigh: _icrHigh = value; break;
            case >= RegLvt and < RegLvt + LvtCount: WriteLvt(index - RegLvt, value); break;
            case RegInitialCount: _timer.InitialCount = value; break;
            case RegDivide: _timer.DivideConfiguration = value; break;
            // Read-only in hardware; some guests write them and see nothing happen.
            case RegId or RegVersion: break;
            default: RaiseError(ErrorIllegalRegister); break;
        }
    }

    private void WriteSpurious(uint value)
    {
        _svr = value & 0x11ff;
        if (!IsSoftwareEnabled)
        {
            // A software-disabled APIC masks its LVT (SDM 3A 11.4.7.2).
            for (int i = 0; i < LvtCount; i++) WriteLvt(i, _lvt[i]);
        }
        Update();
    }

    private void WriteLvt(int entry, uint value)
    {
        if (!IsSoftwareEnabled) value |= LvtMasked;
        _lvt[entry] = value & s_lvtMasks[entry];
        if (entry == LvtTimer) _timer.Configure((ApicTimerMode)(value >> 17 & 3), (value & LvtMasked) != 0);
        Update();
    }

    /// <summary>An interrupt source inside the processor fired. Inside the gate.</summary>
    private void RaiseLocal(int entry)
    {
        if (IsMasked(entry)) return;
        var mode = entry is LvtTimer or LvtError ? DeliveryMode.Fixed : LvtMode(entry);
        Apply(mode, (byte)_lvt[entry], level: false);
    }

    private void RaiseError(uint error)
    {
        bool isNew = (_errors & error) == 0;
        _errors |= error;
        // An illegal vector in the error entry itself must not raise an error again.
        if (isNew && (_lvt[LvtError] & 0xff) >= 16) RaiseLocal(LvtError);
    }

    /// <summary>The xAPIC page: 32-bit registers on 16-byte boundaries. Other reads see the bytes, other writes are dropped.</summary>
    private sealed class XapicPage(LocalApic apic) : IMmioDevice
    {
        public ulong Read(ulong offset, int size)
        {
            int index = (int)(offset >> 4 & 0xff), shift = (int)(offset & 15) * 8;
            if (shift >= 32) return 0;
            uint value;
            lock (apic._gate.Monitor) value = apic.ReadRegister(index);
            ulong bytes = value >> shift;
            return size >= 8 ? bytes : bytes & (1ul << size * 8) - 1;
        }

        public void Write(ulong offset, int size, ulong value)
        {
            if (size >= 4 && (offset & 15) == 0) apic.WriteRegister((int)(offset >> 4 & 0xff), (uint)value);
        }
    }
}
