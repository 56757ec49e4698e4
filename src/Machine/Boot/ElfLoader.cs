namespace Tcg.Mttcg.Machine.Boot;

/// <summary>
/// A bare ELF executable: a 32-bit one starts in flat protected mode, a 64-bit one in long mode with the first 4 GiB mapped. RSI points to Linux
/// boot parameters in either case, which is how uncompressed Linux kernels are booted by micro VMs.
/// </summary>
internal static class ElfLoader
{
    private const uint CommandLineLimit = 4096;
    private const ulong TablesEnd = LinuxParameters.CommandLineAddress + CommandLineLimit + 1;

    public static BootState Load(BootContext context)
    {
        var image = ElfImage.Read(context.Kernel);
        if (image.Segments.Any(s => s.PhysicalAddress < TablesEnd && s.PhysicalAddress + s.MemoryBytes > BootTables.GdtAddress))
            throw context.Kernel.Error($"has a segment between 0x{BootTables.GdtAddress:x} and 0x{TablesEnd:x}, where its own boot tables go");
        var parameters = new LinuxParameters(context) { CommandLineLimit = CommandLineLimit };
        parameters.PlaceInitrd(image.End, uint.MaxValue);
        BootTables.Write(context.Memory, image.Is64 ? BootMode.Long64 : BootMode.Protected32);
        parameters.Write((uint)image.Entry);
        image.Load(context.Memory);
        string description = $"ELF{(image.Is64 ? 64 : 32)}, entry at 0x{image.Entry:x}";
        var state = image.Is64 ? BootState.Long64(image.Entry, description) : BootState.Flat32(image.Entry, description);
        return state with { Rsi = LinuxParameters.Address };
    }
}
