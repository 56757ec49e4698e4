namespace Tcg.Mttcg.Guests.SelfCheck.Kit;

/// <summary>
/// What the guest writes down when an exception or interrupt reaches its monitor: the pushed frame, the handler's own state, the registers of the
/// interrupted code. One quadword each.
/// </summary>
internal enum Field
{
    Vector, Error, Rip, Cs, Flags, Sp, Ss,
    Cr2, Dr6, HandlerSp, HandlerCs, HandlerSs, HandlerFlags,
    Ax, Cx, Dx, Bx, Bp, Si, Di,
    Es, Ds, Fs, Gs, Tr,
}

internal static class Fields
{
    public static uint At(Field field) => CheckMap.Event + (uint)field * 8;

    public static readonly int Count = Enum.GetValues<Field>().Length;
}

/// <summary>EFLAGS bits.</summary>
internal static class Ef
{
    public const uint Cf = 1, Fixed = 2, Zf = 0x40, Tf = 0x100, If = 0x200, Df = 0x400, Iopl3 = 0x3000, Nt = 0x4000, Rf = 0x10000, Vm = 0x20000, Ac = 0x40000, Vif = 0x80000,
        Vip = 0x100000, Id = 0x200000;
}

/// <summary>Vectors by their names in the SDM.</summary>
internal static class Vec
{
    public const int De = 0, Db = 1, Nmi = 2, Bp = 3, Of = 4, Br = 5, Ud = 6, Nm = 7, Df = 8, Ts = 10, Np = 11, Ss = 12, Gp = 13, Pf = 14, Mf = 16, Ac = 17, Xm = 19;

    /// <summary>The end of a piece of code that met no exception: INT 3Fh.</summary>
    public const int Done = 0x3f;

    /// <summary>Interrupts of the local APIC.</summary>
    public const int Ipi = 0x30, Timer = 0x31;
}
