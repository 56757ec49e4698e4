using Tcg.Mttcg.Machine.Firmware;

namespace Tcg.Mttcg.Machine.Boot;

/// <summary>
/// Boots a bzImage through its 32-bit or 64-bit entry (Documentation/arch/x86/boot.rst), skipping the real-mode part: what that would ask a BIOS
/// for is in the boot parameters already.
/// </summary>
internal static class LinuxLoader
{
    public static BootState Load(BootContext context, bool prefer64)
    {
        var (kernel, memory) = (context.Kernel, context.Memory);
        var header = LinuxHeader.Read(kernel);
        if (kernel.Length <= header.PayloadOffset) throw kernel.Error("is truncated: it has no protected-mode code");
        ulong bytes = kernel.Length - header.PayloadOffset;
        if (bytes + 15 < header.PayloadBytes) throw kernel.Error($"is truncated: the header promises {header.PayloadBytes} bytes of code, {bytes} are there");
        if (prefer64 && !header.Has64BitEntry) throw kernel.Error("has no 64-bit entry");

        ulong address = ChooseAddress(context, header, bytes);
        ulong end = address + Math.Max(bytes, header.InitBytes);
        var parameters = new LinuxParameters(context) { Header = header, CommandLineLimit = header.CommandLineLimit };
        // Everything is checked before the first byte is written.
        parameters.PlaceInitrd(end, header.InitrdMaximum);

        var mode = prefer64 ? BootMode.Long64 : BootMode.Protected32;
        BootTables.Write(memory, mode);
        kernel.ReadInto(memory, address, header.PayloadOffset, bytes);
        parameters.Write((uint)address);

        string version = $"Linux boot protocol {header.Version >> 8}.{header.Version & 0xff:d2}";
        return prefer64
            ? BootState.Long64(address + 0x200, $"{version}, 64-bit entry at 0x{address + 0x200:x}") with { Rsi = LinuxParameters.Address }
            : BootState.Flat32(address, $"{version}, 32-bit entry at 0x{address:x}") with { Rsi = LinuxParameters.Address };
    }

    private static ulong ChooseAddress(BootContext context, LinuxHeader header, ulong bytes)
    {
        ulong need = Math.Max(bytes, header.InitBytes);
        var layout = context.Memory.Layout;
        ulong preferred = header.Version >= 0x20a ? header.PreferredAddress : header.Code32Start;
        bool preferredIsUsable = preferred >= MemoryMap.OneMebibyte && preferred < RamLayout.LowLimit;
        if (preferredIsUsable && layout.Contains(preferred, need)) return preferred;
        if (header.IsRelocatable)
        {
            ulong alignment = header.Alignment;
            ulong lowest = (MemoryMap.OneMebibyte + alignment - 1) / alignment * alignment;
            if (lowest < RamLayout.LowLimit && layout.Contains(lowest, need)) return lowest;
        }
        throw context.Kernel.Error(preferredIsUsable
            ? $"needs {need >> 10} KiB of RAM at 0x{preferred:x}; the machine has {layout.Bytes >> 10} KiB"
            : $"wants to be loaded at 0x{preferred:x}, which is no place for a kernel");
    }
}
