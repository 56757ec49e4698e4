using System.Buffers.Binary;
using Tcg.Mttcg.Memory;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>FXSAVE, XSAVE, their inverses and MXCSR (SDM 1 10.5, chapter 13).</summary>
internal static unsafe class SaveHelpers
{
    internal static readonly HelperRow[] Rows =
    [
        new(HelperId.FxSave, &FxSave),
        new(HelperId.FxRstor, &FxRstor),
        new(HelperId.Xsave, &Xsave),
        new(HelperId.Xrstor, &Xrstor),
        new(HelperId.LdMxCsr, &LdMxCsr),
        new(HelperId.StMxCsr, &StMxCsr),
    ];

    private static ulong FxSave(Cpu cpu, ulong address, ulong wide, ulong c)
    {
        Span<byte> area = stackalloc byte[(int)SaveLayout.LegacyBytes];
        if (!Aligned(cpu, address, 16)) return 0;
        // The last 48 bytes are the guest's own.
        if (!cpu.TryReadBytes(new GuestVirtual(address), area, cpu.View)) return 0;
        SaveArea.WriteX87(cpu, area, wide != 0);
        SaveArea.WriteMxCsr(cpu, area);
        SaveArea.WriteXmm(cpu, area);
        cpu.TryWriteBytes(new GuestVirtual(address), area, cpu.View);
        return 0;
    }

    private static ulong FxRstor(Cpu cpu, ulong address, ulong wide, ulong c)
    {
        Span<byte> area = stackalloc byte[(int)SaveLayout.LegacyBytes];
        if (!Aligned(cpu, address, 16) || !cpu.TryReadBytes(new GuestVirtual(address), area, cpu.View)) return 0;
        if (!cpu.TryLoadMxCsr(BinaryPrimitives.ReadUInt32LittleEndian(area[(int)SaveLayout.MxCsr..]))) return 0;
        SaveArea.ReadX87(cpu, area, wide != 0);
        SaveArea.ReadXmm(cpu, area);
        return 0;
    }

    private static ulong Xsave(Cpu cpu, ulong address, ulong wide, ulong variant)
    {
        if (!Ready(cpu, address, variant)) return 0;
        var mask = cpu.EdxEax & cpu.State->Xcr0;
        Span<byte> area = stackalloc byte[(int)SaveLayout.SizeFor(mask)];
        if (!cpu.TryReadBytes(new GuestVirtual(address), area, cpu.View)) return 0;
        if ((mask & Xcr0.X87) != 0) SaveArea.WriteX87(cpu, area, wide != 0);
        if ((mask & (Xcr0.Sse | Xcr0.Avx)) != 0) SaveArea.WriteMxCsr(cpu, area);
        if ((mask & Xcr0.Sse) != 0) SaveArea.WriteXmm(cpu, area);
        if ((mask & Xcr0.Avx) != 0) SaveArea.WriteUpper(cpu, area);
        var header = area[(int)SaveLayout.Header..];
        var present = BinaryPrimitives.ReadUInt64LittleEndian(header);
        BinaryPrimitives.WriteUInt64LittleEndian(header, (present & ~(cpu.EdxEax & cpu.State->Xcr0)) | mask);
        cpu.TryWriteBytes(new GuestVirtual(address), area, cpu.View);
        return 0;
    }

    private static ulong Xrstor(Cpu cpu, ulong address, ulong wide, ulong variant)
    {
        if (!Ready(cpu, address, variant)) return 0;
        var mask = cpu.EdxEax & cpu.State->Xcr0;
        Span<byte> area = stackalloc byte[(int)SaveLayout.SizeFor(mask)];
        if (!cpu.TryReadBytes(new GuestVirtual(address), area, cpu.View)) return 0;
        var header = area.Slice((int)SaveLayout.Header, 24);
        var present = BinaryPrimitives.ReadUInt64LittleEndian(header);
        if ((present & ~cpu.State->Xcr0) != 0 || header[8..].ContainsAnyExcept((byte)0))
        {
            cpu.Raise(ExceptionVector.GeneralProtection, 0);
            return 0;
        }
        if ((mask & (Xcr0.Sse | Xcr0.Avx)) != 0 && !cpu.TryLoadMxCsr(BinaryPrimitives.ReadUInt32LittleEndian(area[(int)SaveLayout.MxCsr..]))) return 0;
        // A component whose bit is clear in the header goes to its initial state.
        if ((mask & Xcr0.X87) != 0)
        {
            if ((present & Xcr0.X87) != 0) SaveArea.ReadX87(cpu, area, wide != 0);
            else SaveArea.InitX87(cpu);
        }
        if ((mask & Xcr0.Sse) != 0)
        {
            if ((present & Xcr0.Sse) == 0) area[(int)SaveLayout.Xmm..(int)SaveLayout.LegacyBytes].Clear();
            SaveArea.ReadXmm(cpu, area);
        }
        if ((mask & Xcr0.Avx) != 0)
        {
            if ((present & Xcr0.Avx) == 0) area[(int)SaveLayout.AvxOffset..].Clear();
            SaveArea.ReadUpper(cpu, area);
        }
        return 0;
    }

    // Compaction (XSAVEC) and supervisor state (XSAVES) are not announced.
    private static bool Ready(Cpu cpu, ulong address, ulong variant)
    {
        if ((cpu.State->Cr4 & Cr4.OsXsave) == 0 || variant > 1) return cpu.Fail(ExceptionVector.InvalidOpcode);
        return Aligned(cpu, address, 64);
    }

    private static bool Aligned(Cpu cpu, ulong address, ulong alignment) =>
        (address & (alignment - 1)) == 0 || cpu.Fail(ExceptionVector.GeneralProtection, 0);

    private static ulong LdMxCsr(Cpu cpu, ulong value, ulong b, ulong c)
    {
        cpu.TryLoadMxCsr((uint)value);
        return 0;
    }

    private static ulong StMxCsr(Cpu cpu, ulong a, ulong b, ulong c) => cpu.CurrentMxCsr;
}
