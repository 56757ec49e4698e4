namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Protection keys (SDM 3A 4.6.2).</summary>
internal static unsafe class KeyHelpers
{
    internal static readonly HelperRow[] Rows =
    [
        new(HelperId.Rdpkru, &Rdpkru),
        new(HelperId.Wrpkru, &Wrpkru),
    ];

    private static ulong Rdpkru(Cpu cpu, ulong a, ulong b, ulong c)
    {
        if (Usable(cpu)) cpu.SetEdxEax(cpu.State->Pkru);
        return 0;
    }

    private static ulong Wrpkru(Cpu cpu, ulong a, ulong b, ulong c)
    {
        if (!Usable(cpu)) return 0;
        if ((uint)cpu.State->Gpr[2] != 0) cpu.Raise(ExceptionVector.GeneralProtection, 0);
        else cpu.WritePkru((uint)cpu.State->Gpr[0]);
        return 0;
    }

    private static bool Usable(Cpu cpu)
    {
        if ((cpu.State->Cr4 & Cr4.Pke) == 0) return cpu.Fail(ExceptionVector.InvalidOpcode);
        return (uint)cpu.State->Gpr[1] == 0 || cpu.Fail(ExceptionVector.GeneralProtection, 0);
    }
}
