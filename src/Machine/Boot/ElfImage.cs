using System.Buffers.Binary;
using Tcg.Mttcg.Machine.Firmware;

namespace Tcg.Mttcg.Machine.Boot;

/// <summary>A loadable segment: file bytes for the front, zeros for the rest.</summary>
internal readonly record struct ElfSegment(ulong Offset, ulong FileBytes, ulong MemoryBytes, ulong VirtualAddress, ulong PhysicalAddress);

/// <summary>The parts of an ELF executable that loading needs (System V ABI, chapter 4 and 5).</summary>
internal sealed class ElfImage
{
    private const int ProgramLoad = 1, ProgramNote = 4, Machine386 = 3, MachineX64 = 62, NotePhys32Entry = 18, NoteLimit = 1 << 20;

    private readonly BootSource _source;
    private readonly List<ElfSegment> _segments = [];

    private ElfImage(BootSource source) => _source = source;

    public bool Is64 { get; private set; }

    /// <summary>The entry as a physical address.</summary>
    public ulong Entry { get; private set; }

    /// <summary>The PVH entry (XEN_ELFNOTE_PHYS32_ENTRY), or null.</summary>
    public uint? PvhEntry { get; private set; }

    public IReadOnlyList<ElfSegment> Segments => _segments;

    /// <summary>First address after the highest segment.</summary>
    public ulong End => _segments.Max(s => s.PhysicalAddress + s.MemoryBytes);

    public static bool IsPresent(ReadOnlySpan<byte> head) => head.Length >= 4 && BinaryPrimitives.ReadUInt32BigEndian(head) == 0x7f454c46;

    public static ElfImage Read(BootSource source)
    {
        var head = source.Head(64);
        if (!IsPresent(head)) throw source.Error("is no ELF file");
        var image = new ElfImage(source);
        image.ReadHeader(head);
        return image;
    }

    private void ReadHeader(ReadOnlySpan<byte> head)
    {
        if (head.Length < 52) throw _source.Error("is truncated within the ELF header");
        Is64 = head[4] == 2;
        if (head[4] is not (1 or 2) || head[5] != 1) throw _source.Error("is an ELF file of a foreign class or byte order");
        if (Is64 && head.Length < 64) throw _source.Error("is truncated within the ELF header");
        int machine = Read16(head, 18);
        if (machine is not (Machine386 or MachineX64)) throw _source.Error($"is an ELF file for machine {machine}, not for x86");
        ulong entry = Is64 ? Read64(head, 24) : Read32(head, 24);
        ulong table = Is64 ? Read64(head, 32) : Read32(head, 28);
        int entrySize = Read16(head, Is64 ? 54 : 42), count = Read16(head, Is64 ? 56 : 44);
        if (count == 0) throw _source.Error("is an ELF file without program headers");
        if (entrySize < (Is64 ? 56 : 32) || entrySize > 256) throw _source.Error($"has ELF program headers of {entrySize} bytes");
        if (table > _source.Length) throw _source.Error("is truncated: the ELF program headers lie outside");
        var headers = new byte[entrySize * count];
        _source.Read(table, headers);
        for (int i = 0; i < count; i++) ReadProgramHeader(headers.AsSpan(i * entrySize, entrySize));
        if (_segments.Count == 0) throw _source.Error("is an ELF file with nothing to load");
        Entry = ToPhysical(entry);
    }

    private void ReadProgramHeader(ReadOnlySpan<byte> header)
    {
        var segment = Is64
            ? new ElfSegment(Read64(header, 8), Read64(header, 32), Read64(header, 40), Read64(header, 16), Read64(header, 24))
            : new ElfSegment(Read32(header, 4), Read32(header, 16), Read32(header, 20), Read32(header, 8), Read32(header, 12));
        uint type = Read32(header, 0);
        if (type is not (ProgramLoad or ProgramNote)) return;
        if (segment.Offset > _source.Length || segment.FileBytes > _source.Length - segment.Offset)
            throw _source.Error("is truncated: an ELF segment lies outside");
        if (type == ProgramNote) ReadNotes(segment);
        else if (segment.MemoryBytes < segment.FileBytes) throw _source.Error("has an ELF segment that is larger in the file than in memory");
        else if (segment.MemoryBytes > 0) _segments.Add(segment);
    }

    private void ReadNotes(ElfSegment segment)
    {
        var bytes = new byte[(int)Math.Min(segment.FileBytes, NoteLimit)];
        _source.Read(segment.Offset, bytes);
        for (ReadOnlySpan<byte> rest = bytes; rest.Length >= 12;)
        {
            long nameBytes = (Read32(rest, 0) + 3L) & ~3L, descriptionBytes = (Read32(rest, 4) + 3L) & ~3L;
            if (12 + nameBytes + descriptionBytes > rest.Length) return;
            bool isXen = nameBytes == 4 && rest.Slice(12, 4).SequenceEqual("Xen\0"u8);
            if (isXen && Read32(rest, 8) == NotePhys32Entry && descriptionBytes >= 4) PvhEntry = Read32(rest, (int)(12 + nameBytes));
            rest = rest[(int)(12 + nameBytes + descriptionBytes)..];
        }
    }

    /// <summary>Kernels linked at a high virtual address name their entry there, but are entered where they were loaded.</summary>
    private ulong ToPhysical(ulong entry)
    {
        foreach (var segment in _segments)
        {
            if (entry - segment.VirtualAddress < segment.MemoryBytes) return entry - segment.VirtualAddress + segment.PhysicalAddress;
        }
        return entry;
    }

    /// <summary>Checks every segment, then loads them.</summary>
    public void Load(IGuestMemory memory)
    {
        foreach (var segment in _segments)
        {
            if (!memory.Layout.Contains(segment.PhysicalAddress, segment.MemoryBytes))
                throw _source.Error($"has a segment of {segment.MemoryBytes} bytes at 0x{segment.PhysicalAddress:x}, outside of RAM");
        }
        foreach (var segment in _segments)
        {
            _source.ReadInto(memory, segment.PhysicalAddress, segment.Offset, segment.FileBytes);
            memory.Clear(segment.PhysicalAddress + segment.FileBytes, segment.MemoryBytes - segment.FileBytes);
        }
    }

    private static ushort Read16(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]);

    private static uint Read32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    private static ulong Read64(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]);
}
