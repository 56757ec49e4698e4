using System.Buffers.Binary;
using Tcg.Mttcg.Memory;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Which of the XSAVE family; of the XRSTOR family only the first and the last exist.</summary>
public enum XsaveVariant : byte { Plain, Optimised, Compacted, Supervisor }

/// <summary>
/// XSAVE, XSAVEOPT, XSAVEC, XSAVES, XRSTOR, XRSTORS (SDM 1 13.7 to 13.12). There is no supervisor state: IA32_XSS is always 0. The area is probed, or
/// read, as a whole before anything changes.
/// </summary>
internal static unsafe class XsaveHelpers
{
    internal static readonly HelperRow[] Rows =
    [
        new(HelperId.Xsave, &Xsave),
        new(HelperId.Xrstor, &Xrstor),
    ];

    private static ulong Xsave(Cpu cpu, ulong address, ulong wide, ulong variant)
    {
        var kind = (XsaveVariant)variant;
        if (!Ready(cpu, address, kind)) return 0;
        var asked = cpu.EdxEax & cpu.State->Xcr0;
        var inUse = SaveComponent.InUseMask(cpu);
        var compacts = kind >= XsaveVariant.Compacted;
        var compacted = compacts ? asked | SaveLayout.Compacted : 0;
        if (compacts && cpu.CurrentMxCsr != MxCsr.Default) inUse |= Xcr0.Sse;
        var saved = kind == XsaveVariant.Plain ? asked : asked & inUse;

        Span<byte> area = stackalloc byte[(int)SaveLayout.Extended];
        var start = new GuestVirtual(address);
        if (!cpu.TryProbeWrite(start, area.Length, cpu.View)) return 0;
        foreach (var component in SaveComponent.All)
            if ((saved & component.Bit) != 0 && !cpu.TryProbeWrite(At(cpu, start, component, compacted), (int)component.Bytes, cpu.View)) return 0;
        if (!cpu.TryReadBytes(start, area, cpu.View)) return 0;

        if ((saved & Xcr0.X87) != 0) SaveArea.WriteX87(cpu, area, wide != 0);
        if ((saved & Xcr0.Sse) != 0) SaveArea.WriteXmm(cpu, area);
        if (compacts ? (saved & Xcr0.Sse) != 0 : (asked & (Xcr0.Sse | Xcr0.Avx)) != 0) SaveArea.WriteMxCsr(cpu, area);
        WriteHeader(area[(int)SaveLayout.Header..], compacted, asked, inUse);
        if (!cpu.TryWriteBytes(start, area, cpu.View)) return 0;

        Span<byte> bytes = stackalloc byte[(int)SaveLayout.AvxBytes];
        foreach (var component in SaveComponent.All)
        {
            if ((saved & component.Bit) == 0) continue;
            var piece = bytes[..(int)component.Bytes];
            // Legacy code has only half of the vector registers and leaves the other half of the area alone.
            if (!cpu.TryReadBytes(At(cpu, start, component, compacted), piece, cpu.View)) return 0;
            component.Write(cpu, piece);
            if (!cpu.TryWriteBytes(At(cpu, start, component, compacted), piece, cpu.View)) return 0;
        }
        return 0;
    }

    private static void WriteHeader(Span<byte> header, ulong compacted, ulong asked, ulong inUse)
    {
        var present = BinaryPrimitives.ReadUInt64LittleEndian(header);
        BinaryPrimitives.WriteUInt64LittleEndian(header, compacted != 0 ? asked & inUse : (present & ~asked) | (asked & inUse));
        if (compacted != 0) BinaryPrimitives.WriteUInt64LittleEndian(header[8..], compacted);
    }

    private static ulong Xrstor(Cpu cpu, ulong address, ulong wide, ulong variant)
    {
        var kind = (XsaveVariant)variant;
        if (!Ready(cpu, address, kind)) return 0;
        Span<byte> area = stackalloc byte[(int)SaveLayout.Extended];
        var start = new GuestVirtual(address);
        if (!cpu.TryReadBytes(start, area, cpu.View)) return 0;
        var present = BinaryPrimitives.ReadUInt64LittleEndian(area[(int)SaveLayout.Header..]);
        var compacted = BinaryPrimitives.ReadUInt64LittleEndian(area[(int)SaveLayout.CompactBits..]);
        if (!IsSound(cpu, kind, present, compacted, area[(int)SaveLayout.Reserved..]))
        {
            cpu.Raise(ExceptionVector.GeneralProtection, 0);
            return 0;
        }

        var asked = cpu.EdxEax & cpu.State->Xcr0;
        Span<byte> extended = stackalloc byte[(int)(SaveLayout.AvxBytes + SaveLayout.PkruBytes)];
        extended.Clear();
        var at = 0;
        foreach (var component in SaveComponent.All)
        {
            var piece = extended.Slice(at, (int)component.Bytes);
            at += piece.Length;
            if ((asked & present & component.Bit) != 0 && !cpu.TryReadBytes(At(cpu, start, component, compacted), piece, cpu.View)) return 0;
        }
        if (!TryRestoreMxCsr(cpu, area, asked, present, compacted != 0)) return 0;
        RestoreLegacy(cpu, area, asked, present, wide != 0);
        at = 0;
        foreach (var component in SaveComponent.All)
        {
            var piece = extended.Slice(at, (int)component.Bytes);
            at += piece.Length;
            if ((asked & component.Bit) != 0) component.Read(cpu, piece);
        }
        return 0;
    }

    /// <summary>The header is one that this instruction takes (SDM 1 13.8, 13.12).</summary>
    private static bool IsSound(Cpu cpu, XsaveVariant kind, ulong present, ulong compacted, ReadOnlySpan<byte> reserved)
    {
        var enabled = cpu.State->Xcr0;
        if ((compacted & SaveLayout.Compacted) == 0)
            return kind == XsaveVariant.Plain && compacted == 0 && (present & ~enabled) == 0 && !reserved[..8].ContainsAnyExcept((byte)0);
        return cpu.Model.Features.Has(CpuFeature.XsaveC)
            && (compacted & ~SaveLayout.Compacted & ~enabled) == 0 && (present & ~compacted) == 0 && (present & SaveLayout.Compacted) == 0
            && !reserved.ContainsAnyExcept((byte)0);
    }

    /// <summary>A compacted area has MXCSR as part of the SSE state; a standard one has it on its own, whatever the header says.</summary>
    private static bool TryRestoreMxCsr(Cpu cpu, ReadOnlySpan<byte> area, ulong asked, ulong present, bool compacted)
    {
        var owners = compacted ? Xcr0.Sse : Xcr0.Sse | Xcr0.Avx;
        if ((asked & owners) == 0) return true;
        var initial = compacted && (present & Xcr0.Sse) == 0;
        return cpu.TryLoadMxCsr(initial ? MxCsr.Default : BinaryPrimitives.ReadUInt32LittleEndian(area[(int)SaveLayout.MxCsr..]));
    }

    // A component whose bit is clear in the header goes to its initial state.
    private static void RestoreLegacy(Cpu cpu, Span<byte> area, ulong asked, ulong present, bool wide)
    {
        if ((asked & Xcr0.X87) != 0)
        {
            if ((present & Xcr0.X87) != 0) SaveArea.ReadX87(cpu, area, wide);
            else SaveArea.InitX87(cpu);
        }
        if ((asked & Xcr0.Sse) == 0) return;
        if ((present & Xcr0.Sse) == 0) area[(int)SaveLayout.Xmm..(int)SaveLayout.LegacyBytes].Clear();
        SaveArea.ReadXmm(cpu, area);
    }

    private static GuestVirtual At(Cpu cpu, GuestVirtual start, in SaveComponent component, ulong compacted) =>
        cpu.Add(start, (int)component.OffsetIn(compacted));

    private static bool Ready(Cpu cpu, ulong address, XsaveVariant kind)
    {
        if ((cpu.State->Cr4 & Cr4.OsXsave) == 0) return cpu.Fail(ExceptionVector.InvalidOpcode);
        if ((cpu.State->Cr0 & Cr0.Ts) != 0) return cpu.Fail(ExceptionVector.DeviceNotAvailable);
        if (kind == XsaveVariant.Supervisor && !cpu.RequireKernel()) return false;
        return SaveHelpers.Aligned(cpu, address, 64);
    }
}
