using System.Buffers.Binary;

namespace Tcg.Mttcg.Machine.Boot;

/// <summary>The setup header of a Linux image (Documentation/arch/x86/boot.rst), with the defaults of the protocol versions before a field.</summary>
internal sealed class LinuxHeader
{
    public const int Start = 0x1f1, MinimumBytes = 0x230, Magic = 0x53726448;

    private readonly byte[] _head;

    private LinuxHeader(byte[] head) => _head = head;

    public int Version => Read16(0x206);

    /// <summary>File offset of the protected-mode code.</summary>
    public ulong PayloadOffset => ((_head[0x1f1] == 0 ? 4ul : _head[0x1f1]) + 1) * 512;

    /// <summary>Length of the protected-mode code, rounded up to paragraphs of 16 bytes; 0 when an old header does not tell.</summary>
    public ulong PayloadBytes => Version >= 0x204 ? Read32(0x1f4) * 16ul : 0;

    public bool LoadsHigh => (_head[0x211] & 1) != 0;

    public uint Code32Start => Read32(0x214);

    public uint InitrdMaximum => Version >= 0x203 ? Read32(0x22c) : 0x37ffffff;

    public uint Alignment => Version >= 0x205 ? Math.Max(1, Read32(0x230)) : 1;

    public bool IsRelocatable => Version >= 0x205 && _head[0x234] != 0;

    public bool Has64BitEntry => Version >= 0x20c && (Read16(0x236) & 1) != 0;

    public uint CommandLineLimit => Version >= 0x206 ? Read32(0x238) : 255;

    public ulong PreferredAddress => Version >= 0x20a ? Read64(0x258) : 0x100000;

    /// <summary>Memory the kernel needs from its load address before it looks at the memory map; 0 when unknown.</summary>
    public uint InitBytes => Version >= 0x20a ? Read32(0x260) : 0;

    /// <summary>The header proper, to be copied into the boot parameters at the same offset.</summary>
    public ReadOnlySpan<byte> Bytes
    {
        get
        {
            int end = Math.Min(0x202 + _head[0x201], 0x290);
            return _head.AsSpan(Start, Math.Clamp(end, MinimumBytes, _head.Length) - Start);
        }
    }

    public static bool IsPresent(ReadOnlySpan<byte> head) =>
        head.Length >= 0x206 && BinaryPrimitives.ReadUInt16LittleEndian(head[0x1fe..]) == 0xaa55
        && BinaryPrimitives.ReadInt32LittleEndian(head[0x202..]) == Magic;

    public static LinuxHeader Read(BootSource kernel)
    {
        var head = kernel.Head(0x290);
        if (!IsPresent(head)) throw kernel.Error("has no Linux setup header");
        if (head.Length < 0x290) throw kernel.Error("is truncated within the Linux setup header");
        var header = new LinuxHeader(head);
        if (header.Version < 0x202) throw kernel.Error($"speaks boot protocol {header.Version >> 8}.{header.Version & 0xff:d2}; 2.02 is the oldest supported");
        if (!header.LoadsHigh) throw kernel.Error("is a zImage; only a bzImage can be booted");
        return header;
    }

    private ushort Read16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_head.AsSpan(offset));

    private uint Read32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_head.AsSpan(offset));

    private ulong Read64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_head.AsSpan(offset));
}
