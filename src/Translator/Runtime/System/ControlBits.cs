namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>EFLAGS bits (SDM 1 3.4.3).</summary>
public static class Eflag
{
    public const uint Cf = 1, Fixed = 1 << 1, Pf = 1 << 2, Af = 1 << 4, Zf = 1 << 6, Sf = 1 << 7, Tf = 1 << 8, If = 1 << 9, Df = 1 << 10, Of = 1 << 11,
        IoplMask = 3 << 12, Nt = 1 << 14, Rf = 1 << 16, Vm = 1 << 17, Ac = 1 << 18, Vif = 1 << 19, Vip = 1 << 20, Id = 1 << 21;

    public const int IoplShift = 12;

    /// <summary>The six that arithmetic instructions write.</summary>
    public const uint Arithmetic = Cf | Pf | Af | Zf | Sf | Of;

    /// <summary>Every bit that exists, without the fixed one.</summary>
    public const uint Known = Arithmetic | Tf | If | Df | IoplMask | Nt | Rf | Vm | Ac | Vif | Vip | Id;
}

/// <summary>CR0 bits (SDM 3A 2.5).</summary>
public static class Cr0
{
    public const ulong Pe = 1, Mp = 1 << 1, Em = 1 << 2, Ts = 1 << 3, Et = 1 << 4, Ne = 1 << 5, Wp = 1 << 16, Am = 1 << 18, Nw = 1 << 29, Cd = 1 << 30,
        Pg = 1UL << 31;

    public const ulong Known = Pe | Mp | Em | Ts | Et | Ne | Wp | Am | Nw | Cd | Pg;
}

/// <summary>CR4 bits (SDM 3A 2.5).</summary>
public static class Cr4
{
    public const ulong Vme = 1, Pvi = 1 << 1, Tsd = 1 << 2, De = 1 << 3, Pse = 1 << 4, Pae = 1 << 5, Mce = 1 << 6, Pge = 1 << 7, Pce = 1 << 8,
        OsFxsr = 1 << 9, OsXmmExcpt = 1 << 10, Umip = 1 << 11, La57 = 1 << 12, FsGsBase = 1 << 16, PcidE = 1 << 17, OsXsave = 1 << 18,
        Smep = 1 << 20, Smap = 1 << 21, Pke = 1 << 22;

    /// <summary>A change of any of these changes what a cached translation means.</summary>
    public const ulong Translation = Pse | Pae | Pge | PcidE | Smep | Smap | La57 | Pke;
}

/// <summary>IA32_EFER bits (SDM 3A 2.2.1).</summary>
public static class Efer
{
    public const ulong Sce = 1, Lme = 1 << 8, Lma = 1 << 10, Nxe = 1 << 11;
}

/// <summary>XCR0 bits (SDM 1 13.3).</summary>
public static class Xcr0
{
    public const ulong X87 = 1, Sse = 2, Avx = 4, Pkru = 1 << 9;
}

/// <summary>Debug registers (SDM 3B 18.2).</summary>
public static class Dr
{
    /// <summary>DR6: reserved bits that read as one.</summary>
    public const ulong Dr6Fixed = 0xffff0ff0, Dr7Fixed = 0x400;
    public const ulong Dr6Triggered = 0xf, Dr6Detect = 1 << 13, Dr6SingleStep = 1 << 14, Dr6TaskSwitch = 1 << 15;
    public const ulong Dr7GeneralDetect = 1 << 13, Dr7LocalMask = 0x155;
}

/// <summary>Bits of <see cref="SegmentRegister.Attributes"/>.</summary>
public static class SegmentBits
{
    public const int Accessed = 1, Writable = 2, Readable = 2, Conforming = 4, ExpandDown = 4, Code = 8, NotSystem = 1 << 4, DplMask = 3 << 5,
        Present = 1 << 7, Long = 1 << 13, Big = 1 << 14, Granular = 1 << 15;

    public const int DplShift = 5;

    /// <summary>What real mode holds after reset, and what V8086 mode holds with DPL 3 added.</summary>
    public const ushort RealData = Present | NotSystem | Writable | Accessed, RealCode = RealData | Code;
}
