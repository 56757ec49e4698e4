namespace Tcg.Mttcg.Guests.SelfCheck.Kit;

/// <summary>Descriptor tables, task-state segments and page tables as every check finds them.</summary>
internal static class TableBuilder
{
    private const ulong Present = 1, Writable = 2, User = 4, Large = 0x80;

    public static void Put(MemoryImage low)
    {
        Segments(low);
        Gates(low);
        Tasks(low);
        LongPaging(low);
        LegacyPaging(low);
    }

    private static void Segments(MemoryImage low)
    {
        void Descriptor(ushort selector, ulong value) => low.Put8(CheckMap.Gdt + (selector & 0xfff8u), value);

        Descriptor(Sel.Code64, Descriptors.Flat(Descriptors.Code0, 2));
        Descriptor(Sel.Data, Descriptors.Flat(Descriptors.Data0, 4));
        Descriptor(Sel.Code32, Descriptors.Flat(Descriptors.Code0, 4));
        Descriptor(Sel.Code16, Descriptors.Segment(CheckMap.Fragments, 0xffff, Descriptors.Code0, 0));
        Descriptor(Sel.Data16, Descriptors.Segment(CheckMap.Fragments, 0xffff, Descriptors.Data0, 0));
        Descriptor(Sel.UserCode32, Descriptors.Flat(Descriptors.Code3, 4));
        Descriptor(Sel.UserData, Descriptors.Flat(Descriptors.Data3, 4));
        Descriptor(Sel.UserCode64, Descriptors.Flat(Descriptors.Code3, 2));
        Descriptor(Sel.Tss64, Descriptors.Segment(CheckMap.Tss64, CheckMap.TssBytes - 1, 0x80 | GateType.Tss, 0));
        Descriptor(Sel.Tss32, Descriptors.Segment(CheckMap.Tss32, CheckMap.TssBytes - 1, 0x80 | GateType.Tss, 0));
        Descriptor(Sel.TaskB, Descriptors.Segment(CheckMap.TaskB, 0x67, 0x80 | GateType.Tss, 0));
        Descriptor(Sel.TaskC, Descriptors.Segment(CheckMap.TaskC, 0x67, 0x80 | GateType.Tss, 0));
        Descriptor(Sel.Task16, Descriptors.Segment(CheckMap.Task16, 0x2b, 0x80 | GateType.Tss16, 0));
        Descriptor(Sel.Task16B, Descriptors.Segment(CheckMap.Task16B, 0x2b, 0x80 | GateType.Tss16, 0));
        Descriptor(Sel.Ldt, Descriptors.Segment(CheckMap.Ldt, CheckMap.LdtBytes - 1, 0x80 | GateType.Ldt, 0));
        Descriptor(Sel.Ring1Code32, Descriptors.Flat(0xbb, 4));
        Descriptor(Sel.Ring1Data, Descriptors.Flat(0xb3, 4));
        Descriptor(Sel.Conforming32, Descriptors.Flat(0x9f, 4));
        Descriptor(Sel.Conforming64, Descriptors.Flat(0x9f, 2));
        Descriptor(Sel.UserCode16, Descriptors.Segment(CheckMap.Fragments, 0xffff, Descriptors.Code3, 0));
        Descriptor(Sel.Ring1Code64, Descriptors.Flat(0xbb, 2));
        Descriptor(Sel.KitCode16, Descriptors.Segment(CheckMap.KitSegment, 0xffff, Descriptors.Code0, 0));
        Descriptor(Sel.KitData16, Descriptors.Segment(CheckMap.KitSegment, 0xffff, Descriptors.Data0, 0));
        // The LDT holds what the GDT holds, one entry each: code, data, data that is not present.
        low.Put8(CheckMap.Ldt + 8, Descriptors.Flat(Descriptors.Code0, 4));
        low.Put8(CheckMap.Ldt + 16, Descriptors.Flat(Descriptors.Data0, 4));
        low.Put8(CheckMap.Ldt + 24, Descriptors.Flat(Descriptors.Data0 & ~0x80, 4));
    }

    // Breakpoint, overflow and the end mark are open to user code, as an operating system has them. Double faults have a stack of their own.
    private static void Gates(MemoryImage low)
    {
        for (uint vector = 0; vector < CheckMap.Vectors; vector++)
        {
            var dpl = vector is Vec.Bp or Vec.Of or Vec.Done ? 3 : 0;
            low.Put8(CheckMap.Idt64 + vector * 16, Descriptors.Gate(Sel.Code64, CheckMap.Stubs64 + vector * CheckMap.StubBytes, GateType.Interrupt, dpl, vector == Vec.Df ? 2 : 0));
            low.Put8(CheckMap.Idt32 + vector * 8, Descriptors.Gate(Sel.Code32, CheckMap.Stubs32 + vector * CheckMap.StubBytes, GateType.Interrupt, dpl));
            low.Put4(CheckMap.Ivt + vector * 4, (CheckMap.Stubs16 >> 4 << 16) + vector * CheckMap.StubBytes);
        }
    }

    private static void Tasks(MemoryImage low)
    {
        low.Put8(CheckMap.Tss64 + 4, CheckMap.KernelStack);
        low.Put8(CheckMap.Tss64 + 12, CheckMap.Ring1Stack);
        low.Put8(CheckMap.Tss64 + 0x24, CheckMap.IstStack);
        low.Put8(CheckMap.Tss64 + 0x2c, CheckMap.DoubleFaultStack);
        low.Put2(CheckMap.Tss64 + 0x66, CheckMap.Tss64IoMap);
        low.Put4(CheckMap.Tss32 + 4, CheckMap.KernelStack);
        low.Put4(CheckMap.Tss32 + 8, Sel.Data);
        low.Put4(CheckMap.Tss32 + 12, CheckMap.Ring1Stack);
        low.Put4(CheckMap.Tss32 + 16, Sel.Ring1Data);
        low.Put2(CheckMap.Tss32 + 0x66, CheckMap.Tss32IoMap);
        foreach (var tss in (uint[])[CheckMap.Tss64, CheckMap.Tss32])
        {
            // All ports closed; the byte behind the bitmap must be there.
            for (uint i = 0; i < 0x2001; i++) low.Put(tss + 0x88 + i, [0xff]);
        }
    }

    private static void LongPaging(MemoryImage low)
    {
        low.Put8(CheckMap.Pml5, CheckMap.Pml4 | Present | Writable | User);
        low.Put8(CheckMap.Pml5 + 511 * 8, CheckMap.Pml4 | Present | Writable | User);
        low.Put8(CheckMap.Pml4, CheckMap.Pdpt | Present | Writable | User);
        // The upper half shows the same: canonical addresses of both kinds.
        low.Put8(CheckMap.Pml4 + 511 * 8, CheckMap.Pdpt | Present | Writable | User);
        low.Put8(CheckMap.Pdpt, CheckMap.Directory | Present | Writable | User);
        low.Put8(CheckMap.Pdpt + 3 * 8, CheckMap.HighDirectory | Present | Writable);
        low.Put8(CheckMap.Pdpt + 511 * 8, CheckMap.Directory | Present | Writable | User);
        Directories(low, CheckMap.Directory, CheckMap.Table, CheckMap.HighDirectory);
    }

    private static void Directories(MemoryImage low, uint directory, uint table, uint high)
    {
        low.Put8(directory, table | Present | Writable | User);
        for (uint i = 1; i < 16; i++) low.Put8(directory + i * 8, i << 21 | Present | Writable | Large);
        for (uint i = 0; i < 512; i++) low.Put8(table + i * 8, i << 12 | Present | Writable | Rights(i));
        low.Put8(high + 503 * 8, 0xfee00000 | Present | Writable | Large);
    }

    private static void LegacyPaging(MemoryImage low)
    {
        low.Put4(CheckMap.Directory32, (uint)(CheckMap.Table32 | Present | Writable | User));
        low.Put4(CheckMap.Directory32 + 0x3fb * 4, (uint)(0xfec00000 | Present | Writable | Large));
        for (uint i = 0; i < 1024; i++) low.Put4(CheckMap.Table32 + i * 4, (uint)(i << 12 | Present | Writable | Rights(i)));
        low.Put8(CheckMap.PaePointers, CheckMap.PaeDirectory | Present);
        low.Put8(CheckMap.PaePointers + 24, CheckMap.PaeHighDirectory | Present);
        Directories(low, CheckMap.PaeDirectory, CheckMap.PaeTable, CheckMap.PaeHighDirectory);
    }

    // User code may have the pieces of code, its stack, the scratch page and all that belongs to nobody.
    private static ulong Rights(uint page) =>
        page is < 0x10 or CheckMap.Scratch >> 12 or (CheckMap.UserStack - 1) >> 12 or >= CheckMap.Fragments >> 12 and < 0x100 ? User : 0;
}
