using System.Buffers.Binary;
using Tcg.Mttcg.Memory;

namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>FXSAVE, FXRSTOR and MXCSR (SDM 1 10.5).</summary>
internal static unsafe class SaveHelpers
{
    internal static readonly HelperRow[] Rows =
    [
        new(HelperId.FxSave, &FxSave),
        new(HelperId.FxRstor, &FxRstor),
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

    internal static bool Aligned(Cpu cpu, ulong address, ulong alignment) =>
        (address & (alignment - 1)) == 0 || cpu.Fail(ExceptionVector.GeneralProtection, 0);

    private static ulong LdMxCsr(Cpu cpu, ulong value, ulong b, ulong c)
    {
        var raised = cpu.RaisesSimd;
        cpu.TryLoadMxCsr((uint)value);
        return cpu.RaisesSimd != raised ? 1u : 0;
    }

    private static ulong StMxCsr(Cpu cpu, ulong a, ulong b, ulong c) => cpu.CurrentMxCsr;
}
