namespace Tcg.Mttcg.Machine.Boot;

public enum BootFormat
{
    /// <summary>By magic numbers: multiboot, Linux, ELF with a PVH note, ELF, boot sector.</summary>
    Auto,
    Linux,
    /// <summary>The 64-bit entry of a Linux image, when its header offers one.</summary>
    Linux64,
    Multiboot,
    Pvh,
    Elf,
    /// <summary>Raw bytes at <see cref="BootRequest.FlatAddress"/>.</summary>
    Flat,
}

/// <summary>An initrd, or a multiboot module with its own command line.</summary>
public sealed record BootModule(BootSource Source, string CommandLine = "");

/// <summary>What to boot.</summary>
public sealed record BootRequest(BootSource Kernel)
{
    public BootFormat Format { get; init; }
    public string CommandLine { get; init; } = "";
    public IReadOnlyList<BootModule> Modules { get; init; } = [];

    /// <summary>Physical address of the ACPI root pointer, 0 when there is none.</summary>
    public ulong RsdpAddress { get; init; }

    /// <summary>A VGA text screen of 80x25 is there.</summary>
    public bool HasVgaText { get; init; }

    public ulong FlatAddress { get; init; } = 0x7c00;
    public BootMode FlatMode { get; init; } = BootMode.Real16;
}

/// <summary>A request with the place to load it to.</summary>
internal sealed record BootContext(BootRequest Request, Firmware.IGuestMemory Memory)
{
    public BootSource Kernel => Request.Kernel;

    public IReadOnlyList<Firmware.MemoryRange> Map { get; } = Firmware.MemoryMap.For(Memory.Layout);
}
