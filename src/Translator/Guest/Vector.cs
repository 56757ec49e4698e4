namespace Tcg.Mttcg.Translator.Guest;

/// <summary>Exception vectors that lifted code raises (SDM 3A table 6-1).</summary>
public enum Vector : byte
{
    Debug = 1,
    Breakpoint = 3,
    Overflow = 4,
    Undefined = 6,
    DeviceNotAvailable = 7,
    StackFault = 12,
    GeneralProtection = 13,
}
