using System.Buffers.Binary;

namespace Tcg.Mttcg.SelfTest.Fuzz;

/// <summary>
/// The megabyte of RAM that every fuzzed processor starts with: tables of all modes side by side, handlers, code, data and stacks. Linear addresses equal physical
/// ones; with paging some pages are read-only, supervisor's, not executable or not there.
/// </summary>
internal static class FuzzLayout
{
    public const int RamBytes = 1 << 20, PageBytes = 4096;

    public const int Handlers = 0x1000, Gdt = 0x2000, Idt32 = 0x3000, Idt64 = 0x4000, Tss32 = 0x5000, Tss64 = 0x6000, Ldt = 0x7000;
    public const int Pml4 = 0x8000, Pdpt = 0x9000, Pd = 0xa000, Pt = 0xb000, Pd32 = 0xc000, Pt32 = 0xd000, PdptPae = 0xe000;
    public const int Code = 0x10000, Data = 0x20000, Stacks = 0x30000, StackBytes = 0x2000;

    /// <summary>What random patches may hit: everything that the processor reads by itself.</summary>
    public const int TablesEnd = 0xf000;

    /// <summary>Selectors: for each privilege code of 16, 32 and 64 bits and data of 16 and 32; then the system segments.</summary>
    public const int PerLevel = 5, FirstLevel = 1, SystemSegments = FirstLevel + 4 * PerLevel;
    public const int Tss32Index = SystemSegments, Tss64Index = SystemSegments + 1, LdtIndex = SystemSegments + 3, Gate32Index = SystemSegments + 5, Gate64Index = SystemSegments + 6,
        TaskGateIndex = SystemSegments + 8, OtherTss32Index = SystemSegments + 9, GdtEntries = SystemSegments + 10;
    public const int GdtLimit = GdtEntries * 8 - 1, TssLimit = 0xfff;

    private const byte Halt = 0xf4;
    private const int HandlerBytes = 16, InterruptReturnFirst = 3, InterruptReturnLast = 4;
    private const ulong Present = 1, Writable = 2, User = 4, NoExecute = 1ul << 63;

    public static int CodeIndex(int level, int bitness) => FirstLevel + level * PerLevel + bitness switch { 16 => 0, 32 => 1, _ => 2 };

    public static int DataIndex(int level, bool wide) => FirstLevel + level * PerLevel + (wide ? 4 : 3);

    public static ushort Attributes(int level, int bitness) => (ushort)(0x9b | (level << 5) | bitness switch { 16 => 0, 32 => 0xc000, _ => 0xa000 });

    public static ushort DataAttributes(int level, bool wide) => (ushort)(0x93 | (level << 5) | (wide ? 0xc000 : 0));

    public static int StackTop(int level) => Stacks + (level + 1) * StackBytes;

    /// <summary>A fresh image.</summary>
    public static byte[] Image()
    {
        var ram = new byte[RamBytes];
        // Code that runs on, or away, halts.
        Array.Fill(ram, Halt, TablesEnd, RamBytes - TablesEnd);
        WriteHandlers(ram);
        WriteDescriptors(ram);
        WriteGates(ram);
        WriteTaskStates(ram);
        WritePageTables(ram);
        for (var at = Data; at < Stacks; at++) ram[at] = (byte)(at * 7 ^ (at >> 8));
        return ram;
    }

    // Real mode's vectors at 0. Handlers halt; those of INT3 and INTO return, by IRET in the width of the mode.
    private static void WriteHandlers(byte[] ram)
    {
        for (var vector = 0; vector < 256; vector++)
        {
            Put16(ram, vector * 4, (vector * HandlerBytes) & 0xffff);
            Put16(ram, vector * 4 + 2, Handlers >> 4);
            if (vector * HandlerBytes + HandlerBytes > PageBytes) continue;
            byte[] code = vector is >= InterruptReturnFirst and <= InterruptReturnLast ? [0xcf, 0, 0, 0, 0, 0, 0, 0, 0x48, 0xcf] : [0xf4, 0xf4, 0, 0, 0, 0, 0, 0, 0xf4, 0xf4];
            code.CopyTo(ram, Handlers + vector * HandlerBytes);
        }
    }

    private static void WriteDescriptors(byte[] ram)
    {
        for (var level = 0; level < 4; level++)
        {
            foreach (var bitness in (int[])[16, 32, 64]) Segment(ram, CodeIndex(level, bitness), 0, bitness == 16 ? 0xffffu : 0xfffff, Attributes(level, bitness));
            Segment(ram, DataIndex(level, wide: false), 0, 0xfffff, (ushort)(DataAttributes(level, wide: false) | 0x8000));
            Segment(ram, DataIndex(level, wide: true), 0, 0xfffff, DataAttributes(level, wide: true));
        }
        Segment(ram, Tss32Index, Tss32, TssLimit, 0x8b);
        Segment(ram, Tss64Index, Tss64, TssLimit, 0x8b);
        Segment(ram, LdtIndex, Ldt, 0xff, 0x82);
        Segment(ram, OtherTss32Index, Tss32 + 0x800, 0x67, 0x89);
        Gate(ram, Gdt + Gate32Index * 8, Handlers, CodeIndex(0, 32) * 8, 0xec);
        Gate(ram, Gdt + Gate64Index * 8, Handlers + 8, CodeIndex(0, 64) * 8, 0xec);
        Gate(ram, Gdt + TaskGateIndex * 8, 0, OtherTss32Index * 8, 0xe5);
        Array.Copy(ram, Gdt, ram, Ldt, 0x100);
    }

    private static void WriteGates(byte[] ram)
    {
        for (var vector = 0; vector < 256; vector++)
        {
            var handler = Handlers + vector * HandlerBytes % PageBytes;
            var type = 0x8e | (vector % 3 == 0 ? 0x60 : 0) | (vector & 1);
            Gate(ram, Idt32 + vector * 8, handler, CodeIndex(0, 32) * 8, type);
            Gate(ram, Idt64 + vector * 16, handler + 8, CodeIndex(0, 64) * 8, type);
            ram[Idt64 + vector * 16 + 4] = (byte)(vector % 8);
        }
    }

    private static void WriteTaskStates(byte[] ram)
    {
        for (var level = 0; level < 3; level++)
        {
            Put32(ram, Tss32 + 4 + level * 8, StackTop(level));
            Put32(ram, Tss32 + 8 + level * 8, DataIndex(level, wide: true) * 8 | level);
            Put64(ram, Tss64 + 4 + level * 8, (ulong)StackTop(level));
        }
        for (var stack = 1; stack < 8; stack++) Put64(ram, Tss64 + 0x1c + stack * 8, (ulong)StackTop(stack & 3));
        // The I/O bitmap follows; ports with zero bits are allowed.
        Put16(ram, Tss32 + 0x66, 0x88);
        Put16(ram, Tss64 + 0x66, 0x88);
        for (var at = 0x88; at < 0x800; at += 2) (ram[Tss32 + at], ram[Tss64 + at]) = (0xff, 0xff);
        var other = Tss32 + 0x800;
        Put32(ram, other + 0x20, Handlers);
        Put32(ram, other + 0x24, 2);
        Put32(ram, other + 0x38, StackTop(0));
        Put16(ram, other + 0x4c, CodeIndex(0, 32) * 8);
        foreach (var segment in (int[])[0x48, 0x50, 0x54, 0x58, 0x5c]) Put16(ram, other + segment, DataIndex(0, wide: true) * 8);
        Put32(ram, other + 0x1c, Pd32);
    }

    private static void WritePageTables(byte[] ram)
    {
        Put64(ram, Pml4, Pdpt | Present | Writable | User);
        Put64(ram, Pdpt, Pd | Present | Writable | User);
        Put64(ram, PdptPae, Pd | Present);
        Put64(ram, Pd, Pt | Present | Writable | User);
        Put64(ram, Pd + 8, 0x87);
        Put32(ram, Pd32, (int)(Pt32 | Present | Writable | User));
        Put32(ram, Pd32 + 4, 0x87);
        for (var page = 0; page < 512; page++)
        {
            var rights = (page >> 4) switch
            {
                4 => Present | User,
                5 => Present | Writable,
                6 => 0ul,
                7 => Present | Writable | User | NoExecute,
                _ => Present | Writable | User,
            };
            Put64(ram, Pt + page * 8, ((ulong)(uint)page << 12) | rights);
            Put32(ram, Pt32 + page * 4, (int)(((uint)page << 12) | (uint)(rights & 7)));
        }
    }

    private static void Segment(byte[] ram, int index, uint start, uint limit, ushort attributes) =>
        Put64(ram, Gdt + index * 8, (limit & 0xffff) | ((ulong)(start & 0xffffff) << 16) | ((ulong)attributes << 40) | ((ulong)(limit >> 16) << 48) | ((ulong)(start >> 24) << 56));

    private static void Gate(byte[] ram, int at, int offset, int selector, int type)
    {
        Put16(ram, at, offset & 0xffff);
        Put16(ram, at + 2, selector);
        ram[at + 5] = (byte)type;
        Put16(ram, at + 6, offset >> 16);
    }

    private static void Put16(byte[] ram, int at, int value) => BinaryPrimitives.WriteUInt16LittleEndian(ram.AsSpan(at), (ushort)value);

    private static void Put32(byte[] ram, int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(ram.AsSpan(at), value);

    private static void Put64(byte[] ram, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(ram.AsSpan(at), value);
}
