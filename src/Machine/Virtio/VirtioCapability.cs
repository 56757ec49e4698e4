using System.Buffers.Binary;
using Tcg.Mttcg.Machine.Pci;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Virtio;

/// <summary>A structure's place in the region.</summary>
internal readonly record struct VirtioRange(int Offset, int Length);

/// <summary>The vendor capabilities that tell where the structures are (virtio 1.2 4.1.4).</summary>
internal static class VirtioCapability
{
    public const byte VendorSpecific = 0x09, Common = 1, Notify = 2, Isr = 3, Device = 4, Window = 5;

    public static void AddAll(PciFunction function, IMmioDevice region, byte bar, VirtioRange common, VirtioRange isr, VirtioRange device, VirtioRange notify, uint multiplier)
    {
        function.Add(new PciCapability(VendorSpecific, Body(Common, bar, common)));
        function.Add(new PciCapability(VendorSpecific, Body(Isr, bar, isr)));
        if (device.Length > 0) function.Add(new PciCapability(VendorSpecific, Body(Device, bar, device)));
        function.Add(new PciCapability(VendorSpecific, [.. Body(Notify, bar, notify, extra: 4), .. BitConverter.GetBytes(multiplier)]));
        function.Add(new VirtioWindow(region, bar));
    }

    /// <summary>Length of the entry, type, base address register, padding, offset and length.</summary>
    public static byte[] Body(byte type, byte bar, VirtioRange range, int extra = 0)
    {
        var body = new byte[14];
        (body[0], body[1], body[2]) = ((byte)(2 + body.Length + extra), type, bar);
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(6), range.Offset);
        BinaryPrimitives.WriteInt32LittleEndian(body.AsSpan(10), range.Length);
        return body;
    }
}

/// <summary>
/// The window into the region for software that cannot reach it (virtio 1.2 4.1.4.9): the guest writes where and how wide, and each access to the last four bytes
/// is one to the region.
/// </summary>
internal sealed class VirtioWindow(IMmioDevice region, byte bar) : PciCapability(VirtioCapability.VendorSpecific, [.. VirtioCapability.Body(VirtioCapability.Window, 0, default, extra: 4), 0, 0, 0, 0])
{
    private const int Bar = 4, At = 8, Width = 12, Data = 16;

    protected override IEnumerable<(int Offset, byte Mask)> Writable => [(Bar, 0xff), .. Enumerable.Range(At, Data + 4 - At).Select(at => (at, (byte)0xff))];

    protected internal override void Reading(int offset, int size)
    {
        if (TryAim(offset, size, out ulong at, out int width)) BinaryPrimitives.WriteUInt32LittleEndian(Bytes[Data..], (uint)region.Read(at, width));
    }

    protected internal override void Written(int offset, int size)
    {
        if (!TryAim(offset, size, out ulong at, out int width)) return;
        uint mask = (uint)((1UL << width * 8) - 1);
        region.Write(at, width, BinaryPrimitives.ReadUInt32LittleEndian(Bytes[Data..]) & mask);
    }

    private bool TryAim(int offset, int size, out ulong at, out int width)
    {
        at = BinaryPrimitives.ReadUInt32LittleEndian(Bytes[At..]);
        uint wanted = BinaryPrimitives.ReadUInt32LittleEndian(Bytes[Width..]);
        width = (int)wanted;
        return offset + size > Data && Bytes[Bar] == bar && wanted is 1 or 2 or 4 && at % wanted == 0 && at <= VirtioPci.RegionBytes - wanted;
    }
}
