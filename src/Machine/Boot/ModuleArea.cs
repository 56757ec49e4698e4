namespace Tcg.Mttcg.Machine.Boot;

internal readonly record struct PlacedModule(BootModule Module, ulong Start)
{
    public ulong End => Start + Module.Source.Length;
}

/// <summary>Modules in whole pages behind the kernel, for multiboot and PVH.</summary>
internal static class ModuleArea
{
    /// <summary>Decides places and checks that all fit; nothing is written.</summary>
    public static List<PlacedModule> Place(BootContext context, ulong kernelEnd)
    {
        var placed = new List<PlacedModule>();
        ulong next = Math.Max(kernelEnd, Firmware.MemoryMap.OneMebibyte);
        foreach (var module in context.Request.Modules)
        {
            next = LowMemoryArea.AlignUp(next, 0x1000);
            if (!context.Memory.Layout.Contains(next, module.Source.Length))
                throw module.Source.Error($"{module.Source.Length >> 10} KiB do not fit into RAM at 0x{next:x}");
            placed.Add(new(module, next));
            next += module.Source.Length;
        }
        return placed;
    }

    public static void Load(BootContext context, IEnumerable<PlacedModule> modules)
    {
        foreach (var (module, start) in modules) module.Source.ReadInto(context.Memory, start, 0, module.Source.Length);
    }
}
