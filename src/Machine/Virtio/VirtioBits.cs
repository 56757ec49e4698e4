namespace Tcg.Mttcg.Machine.Virtio;

/// <summary>Device status (virtio 1.2 2.1).</summary>
[Flags]
public enum VirtioStatus : byte
{
    None = 0,
    Acknowledge = 1,
    Driver = 2,
    DriverOk = 4,
    FeaturesOk = 8,
    NeedsReset = 64,
    Failed = 128,
}

/// <summary>Feature bits of every device (virtio 1.2 6).</summary>
public static class VirtioFeatures
{
    public const ulong IndirectDescriptors = 1UL << 28, EventIndex = 1UL << 29, Version1 = 1UL << 32;
}

/// <summary>Device types (virtio 1.2 5).</summary>
public enum VirtioType : ushort { Net = 1, Block = 2, Console = 3, Entropy = 4 }

/// <summary>What a queue holds when its device looks at it.</summary>
public static class VirtqueueFlags
{
    /// <summary>Of a descriptor (virtio 1.2 2.7.5).</summary>
    public const ushort Next = 1, Write = 2, Indirect = 4;

    /// <summary>The driver's ring: it wants no interrupts (2.7.6).</summary>
    public const ushort NoInterrupt = 1;

    /// <summary>The device's ring: it wants no notifications (2.7.8).</summary>
    public const ushort NoNotify = 1;
}
