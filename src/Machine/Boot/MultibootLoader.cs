using System.Buffers.Binary;
using Tcg.Mttcg.Machine.Firmware;

namespace Tcg.Mttcg.Machine.Boot;

/// <summary>Multiboot 1: flat 32-bit entry, EAX the magic, EBX the information block (Multiboot specification 0.6.96, 3.2 and 3.3).</summary>
internal static class MultibootLoader
{
    private const uint BootMagic = 0x2badb002;
    private const int InfoBytes = 120, ModuleBytes = 16, MapEntryBytes = 24;
    private const uint InfoMemory = 1 << 0, InfoCommandLine = 1 << 2, InfoModules = 1 << 3, InfoMap = 1 << 6, InfoLoaderName = 1 << 9;

    public static BootState Load(BootContext context)
    {
        var kernel = context.Kernel;
        if (MultibootHeader.Find(kernel.Head(MultibootHeader.SearchBytes)) is not { } header) throw kernel.Error("has no multiboot header");
        if (header.Unsupported != 0) throw kernel.Error($"demands unknown multiboot features 0x{header.Unsupported:x}");

        var elf = header.HasAddresses ? null : ElfImage.Read(kernel);
        var segments = elf?.Segments ?? [PlainSegment(kernel, header)];
        ulong end = segments.Max(s => s.PhysicalAddress + s.MemoryBytes), entry = elf?.Entry ?? header.Entry;
        if (entry > uint.MaxValue) throw kernel.Error($"has its entry at 0x{entry:x}, beyond 32 bits");
        var modules = ModuleArea.Place(context, end);
        var area = new LowMemoryArea(context, segments, modules.Count == 0 ? end : modules[^1].End);

        BootTables.Write(context.Memory, BootMode.Protected32);
        if (elf is not null) elf.Load(context.Memory);
        else LoadPlain(context, segments[0]);
        ModuleArea.Load(context, modules);
        ulong info = WriteInformation(context, area, modules);
        return BootState.Flat32(entry, $"multiboot 1, entry at 0x{entry:x}") with { Rax = BootMagic, Rbx = info };
    }

    private static ElfSegment PlainSegment(BootSource kernel, MultibootHeader header)
    {
        if (header.HeaderAddress < header.LoadAddress || header.HeaderAddress - header.LoadAddress > (uint)header.Offset)
            throw kernel.Error("has a multiboot header whose addresses contradict its place in the file");
        ulong offset = (uint)header.Offset - (header.HeaderAddress - header.LoadAddress);
        ulong bytes = kernel.Length - offset;
        if (header.LoadEnd != 0)
        {
            if (header.LoadEnd < header.LoadAddress) throw kernel.Error("has a multiboot header that ends before it starts");
            ulong promised = header.LoadEnd - header.LoadAddress;
            if (promised > bytes) throw kernel.Error($"is truncated: the multiboot header promises {promised} bytes, {bytes} are there");
            bytes = promised;
        }
        ulong memoryBytes = header.BssEnd == 0 ? bytes : Math.Max(bytes, header.BssEnd > header.LoadAddress ? header.BssEnd - header.LoadAddress : 0);
        return new(offset, bytes, memoryBytes, header.LoadAddress, header.LoadAddress);
    }

    private static void LoadPlain(BootContext context, ElfSegment segment)
    {
        var (kernel, memory) = (context.Kernel, context.Memory);
        if (!memory.Layout.Contains(segment.PhysicalAddress, segment.MemoryBytes))
            throw kernel.Error($"has a segment of {segment.MemoryBytes} bytes at 0x{segment.PhysicalAddress:x}, outside of RAM");
        kernel.ReadInto(memory, segment.PhysicalAddress, segment.Offset, segment.FileBytes);
        memory.Clear(segment.PhysicalAddress + segment.FileBytes, segment.MemoryBytes - segment.FileBytes);
    }

    private static ulong WriteInformation(BootContext context, LowMemoryArea area, List<PlacedModule> modules)
    {
        ulong info = area.Reserve(InfoBytes);
        Span<byte> block = stackalloc byte[InfoBytes];
        block.Clear();
        Put(block, 0, InfoMemory | InfoCommandLine | InfoModules | InfoMap | InfoLoaderName);
        Put(block, 4, MemoryMap.EbdaStart >> 10);
        Put(block, 8, context.Memory.Layout.LowBytes - MemoryMap.OneMebibyte >> 10);
        // The image's own name comes first, as loaders before us pass it and test programs expect it in argv[0].
        Put(block, 16, area.Put($"{context.Kernel.Path} {context.Request.CommandLine}"));
        Put(block, 20, (ulong)modules.Count);
        Put(block, 24, WriteModules(area, modules));
        Put(block, 44, (ulong)(context.Map.Count * MapEntryBytes));
        Put(block, 48, WriteMap(context, area));
        Put(block, 64, area.Put("mttcg"));
        context.Memory.Write(info, block);
        return info;
    }

    private static ulong WriteModules(LowMemoryArea area, List<PlacedModule> modules)
    {
        var list = new byte[modules.Count * ModuleBytes];
        for (int i = 0; i < modules.Count; i++)
        {
            var entry = list.AsSpan(i * ModuleBytes);
            Put(entry, 0, modules[i].Start);
            Put(entry, 4, modules[i].End);
            var (source, commandLine) = modules[i].Module;
            Put(entry, 8, area.Put(commandLine.Length > 0 ? $"{source.Path} {commandLine}" : source.Path));
        }
        return area.Put(list);
    }

    /// <summary>Each entry starts with its own size, without the size field.</summary>
    private static ulong WriteMap(BootContext context, LowMemoryArea area)
    {
        var list = new byte[context.Map.Count * MapEntryBytes];
        for (int i = 0; i < context.Map.Count; i++)
        {
            var entry = list.AsSpan(i * MapEntryBytes);
            Put(entry, 0, MapEntryBytes - 4);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[4..], context.Map[i].Start);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[12..], context.Map[i].Length);
            Put(entry, 20, (uint)context.Map[i].Kind);
        }
        return area.Put(list);
    }

    private static void Put(Span<byte> span, int offset, ulong value) => BinaryPrimitives.WriteUInt32LittleEndian(span[offset..], (uint)value);
}
