using System.Buffers.Binary;

namespace Tcg.Mttcg.Machine.Boot;

/// <summary>The PVH entry of an ELF kernel: flat 32-bit mode, EBX to an hvm_start_info of version 1 (Xen docs/misc/pvh.pandoc, arch-x86/hvm/start_info.h).</summary>
internal static class PvhLoader
{
    private const ulong Magic = 0x336ec578;
    private const int StartInfoBytes = 56, ModuleBytes = 32, MapEntryBytes = 24;

    public static BootState Load(BootContext context)
    {
        var image = ElfImage.Read(context.Kernel);
        if (image.PvhEntry is not { } entry) throw context.Kernel.Error("has no PVH entry note");
        var modules = ModuleArea.Place(context, image.End);
        var area = new LowMemoryArea(context, image.Segments, modules.Count == 0 ? image.End : modules[^1].End);
        BootTables.Write(context.Memory, BootMode.Protected32);
        image.Load(context.Memory);
        ModuleArea.Load(context, modules);

        ulong info = area.Reserve(StartInfoBytes);
        var block = new byte[StartInfoBytes];
        Put(block, 0, Magic | 1ul << 32);
        Put(block, 8, (ulong)modules.Count << 32);
        Put(block, 16, WriteModules(area, modules));
        Put(block, 24, area.Put(context.Request.CommandLine));
        Put(block, 32, context.Request.RsdpAddress);
        Put(block, 40, WriteMap(context, area));
        Put(block, 48, (ulong)context.Map.Count);
        context.Memory.Span(info, StartInfoBytes).Clear();
        block.CopyTo(context.Memory.Span(info, StartInfoBytes));
        return BootState.Flat32(entry, $"PVH, entry at 0x{entry:x}") with { Rbx = info };
    }

    private static ulong WriteModules(LowMemoryArea area, List<PlacedModule> modules)
    {
        var list = new byte[modules.Count * ModuleBytes];
        for (int i = 0; i < modules.Count; i++)
        {
            var entry = list.AsSpan(i * ModuleBytes);
            Put(entry, 0, modules[i].Start);
            Put(entry, 8, modules[i].Module.Source.Length);
            Put(entry, 16, area.Put(modules[i].Module.CommandLine));
        }
        return area.Put(list);
    }

    private static ulong WriteMap(BootContext context, LowMemoryArea area)
    {
        var list = new byte[context.Map.Count * MapEntryBytes];
        for (int i = 0; i < context.Map.Count; i++)
        {
            var entry = list.AsSpan(i * MapEntryBytes);
            Put(entry, 0, context.Map[i].Start);
            Put(entry, 8, context.Map[i].Length);
            Put(entry, 16, (uint)context.Map[i].Kind);
        }
        return area.Put(list);
    }

    private static void Put(Span<byte> span, int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(span[offset..], value);
}
