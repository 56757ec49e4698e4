using System.Buffers.Binary;
using System.Text;
using Tcg.Mttcg.Machine.Firmware;

namespace Tcg.Mttcg.Machine.Boot;

/// <summary>The boot parameters ("zero page"), the command line and the initrd (Documentation/arch/x86/zero-page.rst).</summary>
internal sealed class LinuxParameters(BootContext context)
{
    public const ulong Address = BootTables.ParametersStart, CommandLineAddress = 0x20000;

    private const int CommandLineMaximum = 0x10000, LoaderUnknown = 0xff, E820Offset = 0x2d0, E820EntryBytes = 20;

    private ulong _initrdAddress;

    /// <summary>Null for an ELF kernel, which has none.</summary>
    public LinuxHeader? Header { get; init; }

    public required uint CommandLineLimit { get; init; }

    private BootSource? Initrd => context.Request.Modules is [var module] ? module.Source : null;

    /// <summary>As high as the kernel allows, out of the way of its own decompression.</summary>
    /// <param name="kernelEnd">First byte after the kernel's initial working space.</param>
    /// <param name="maximum">The highest address a byte of it may have.</param>
    public void PlaceInitrd(ulong kernelEnd, uint maximum)
    {
        if (Encoding.UTF8.GetByteCount(context.Request.CommandLine) is var length && length > Math.Min(CommandLineLimit, CommandLineMaximum))
            throw context.Kernel.Error($"takes a command line of at most {Math.Min(CommandLineLimit, CommandLineMaximum)} bytes, not {length}");
        if (Initrd is not { } initrd) return;
        ulong top = Math.Min(context.Memory.Layout.LowBytes, (ulong)maximum + 1);
        ulong room = top > kernelEnd ? top - kernelEnd : 0;
        ulong address = initrd.Length > room ? 0 : (top - initrd.Length) & ~0xffful;
        if (address < kernelEnd)
            throw initrd.Error($"{initrd.Length >> 10} KiB do not fit between the kernel's end at 0x{kernelEnd:x} and 0x{top:x}");
        _initrdAddress = address;
    }

    /// <param name="loadAddress">Goes to code32_start.</param>
    public void Write(uint loadAddress)
    {
        var memory = context.Memory;
        memory.Clear(Address, 0x1000);
        var page = memory.Span(Address, 0x1000);
        Header?.Bytes.CopyTo(page[LinuxHeader.Start..]);
        if (Header is null)
        {
            Put16(page, 0x1fe, 0xaa55);
            Put32(page, 0x202, LinuxHeader.Magic);
            Put16(page, 0x206, 0x20c);
        }
        page[0x210] = LoaderUnknown;
        page[0x211] |= 1;
        Put32(page, 0x214, loadAddress);
        WriteScreen(page);
        WriteMemory(page);
        WriteCommandLine(page);
        if (Initrd is { } initrd)
        {
            initrd.ReadInto(memory, _initrdAddress, 0, initrd.Length);
            Put32(page, 0x218, (uint)_initrdAddress);
            Put32(page, 0x21c, (uint)initrd.Length);
        }
        BinaryPrimitives.WriteUInt64LittleEndian(page[0x70..], context.Request.RsdpAddress);
    }

    /// <summary>screen_info: text mode 3, page 0, 80x25 with a 16-line font.</summary>
    private void WriteScreen(Span<byte> page)
    {
        if (!context.Request.HasVgaText) return;
        page[0x06] = 3;
        page[0x07] = 80;
        page[0x0e] = 25;
        page[0x0f] = 1;
        Put16(page, 0x10, 16);
    }

    private void WriteMemory(Span<byte> page)
    {
        ulong aboveOne = (context.Memory.Layout.LowBytes - MemoryMap.OneMebibyte) >> 10;
        Put16(page, 0x02, (ushort)Math.Min(aboveOne, 0xfc00));
        Put32(page, 0x1e0, (uint)aboveOne);
        page[0x1e8] = (byte)context.Map.Count;
        for (int i = 0; i < context.Map.Count; i++)
        {
            var (start, length, kind) = context.Map[i];
            var entry = page[(E820Offset + i * E820EntryBytes)..];
            BinaryPrimitives.WriteUInt64LittleEndian(entry, start);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], length);
            Put32(entry, 16, (uint)kind);
        }
    }

    private void WriteCommandLine(Span<byte> page)
    {
        var text = Encoding.UTF8.GetBytes(context.Request.CommandLine + "\0");
        context.Memory.Write(CommandLineAddress, text);
        Put32(page, 0x228, (uint)CommandLineAddress);
    }

    private static void Put16(Span<byte> span, int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(span[offset..], value);

    private static void Put32(Span<byte> span, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(span[offset..], value);
}
