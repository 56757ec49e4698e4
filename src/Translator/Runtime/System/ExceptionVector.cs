namespace Tcg.Mttcg.Translator.Runtime;

/// <summary>Exception vectors (SDM 3A table 6-1).</summary>
public static class ExceptionVector
{
    public const int Divide = 0, Debug = 1, NonMaskable = 2, Breakpoint = 3, Overflow = 4, BoundRange = 5, InvalidOpcode = 6, DeviceNotAvailable = 7,
        DoubleFault = 8, InvalidTss = 10, SegmentNotPresent = 11, StackFault = 12, GeneralProtection = 13, PageFault = 14, FloatingPoint = 16,
        AlignmentCheck = 17, MachineCheck = 18, SimdFloatingPoint = 19;
}
