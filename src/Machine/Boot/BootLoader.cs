using System.Buffers.Binary;
using Tcg.Mttcg.Machine.Firmware;

namespace Tcg.Mttcg.Machine.Boot;

/// <summary>Recognises an image, puts it into guest RAM and says how the boot processor starts.</summary>
public static class BootLoader
{
    /// <exception cref="BootImageException">The image is unusable; RAM may be partly written.</exception>
    public static BootState Load(BootRequest request, IGuestMemory memory)
    {
        if (memory.Layout.Bytes < MemoryMap.OneMebibyte) throw new BootImageException($"a machine of {memory.Layout.Bytes} bytes is too small to boot");
        var context = new BootContext(request, memory);
        var format = request.Format == BootFormat.Auto ? Detect(request.Kernel) : request.Format;
        if (request.Modules.Count > 1 && format != BootFormat.Multiboot && format != BootFormat.Pvh)
            throw request.Kernel.Error("only multiboot and PVH kernels take more than one module");
        return format switch
        {
            BootFormat.Linux => LinuxLoader.Load(context, prefer64: false),
            BootFormat.Linux64 => LinuxLoader.Load(context, prefer64: true),
            BootFormat.Multiboot => MultibootLoader.Load(context),
            BootFormat.Pvh => PvhLoader.Load(context),
            BootFormat.Elf => ElfLoader.Load(context),
            BootFormat.Flat => FlatLoader.Load(context),
            _ => throw new ArgumentOutOfRangeException(nameof(request), format, "no such format"),
        };
    }

    private static BootFormat Detect(BootSource kernel)
    {
        var head = kernel.Head(MultibootHeader.SearchBytes);
        if (MultibootHeader.Find(head) is not null) return BootFormat.Multiboot;
        if (LinuxHeader.IsPresent(head)) return BootFormat.Linux;
        if (ElfImage.IsPresent(head)) return ElfImage.Read(kernel).PvhEntry is null ? BootFormat.Elf : BootFormat.Pvh;
        if (IsBootSector(head, kernel.Length)) return BootFormat.Flat;
        throw kernel.Error("is no Linux, multiboot, PVH or ELF kernel and no boot sector");
    }

    private static bool IsBootSector(ReadOnlySpan<byte> head, ulong length) =>
        length is >= 512 and <= 0x90000 && BinaryPrimitives.ReadUInt16LittleEndian(head[510..]) == 0xaa55;
}

/// <summary>Raw bytes at an address, entered in the mode asked for; a boot sector by default.</summary>
internal static class FlatLoader
{
    private const ulong BootDrive = 0x80;

    public static BootState Load(BootContext context)
    {
        var (request, memory, kernel) = (context.Request, context.Memory, context.Kernel);
        ulong address = request.FlatAddress;
        if (!memory.Layout.Contains(address, kernel.Length)) throw kernel.Error($"{kernel.Length} bytes do not fit into RAM at 0x{address:x}");
        if (request.FlatMode == BootMode.Real16 && address > 0xfffff) throw kernel.Error($"real mode cannot start at 0x{address:x}");
        BootTables.Write(memory, request.FlatMode);
        kernel.ReadInto(memory, address, 0, kernel.Length);
        string description = $"flat image at 0x{address:x}";
        return request.FlatMode switch
        {
            BootMode.Protected32 => BootState.Flat32(address, description),
            BootMode.Long64 => BootState.Long64(address, description),
            // 0000:7c00 as every BIOS does it; beyond the first 64 KiB through a segment.
            _ when address <= 0xffff => BootState.Real16(0, (ushort)address, description) with { Rdx = BootDrive },
            _ => BootState.Real16((ushort)(address >> 4), (ushort)(address & 15), description) with { Rdx = BootDrive },
        };
    }
}
