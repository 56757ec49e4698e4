using System.Buffers.Binary;
using System.Text;
using Tcg.Mttcg.Machine.Wiring;
using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Machine.Chipset;

/// <summary>
/// The fw_cfg interface (docs/specs/fw_cfg of QEMU): a selector at port 0x510, the chosen item's bytes in turn at 0x511. The DMA interface is not
/// announced.
/// </summary>
public sealed class FwCfg : IPortDevice, IResettable
{
    public const ushort Signature = 0x00, Id = 0x01, RamSize = 0x03, NoGraphic = 0x04, CpuCount = 0x05, KernelCommandLineSize = 0x14,
        KernelCommandLine = 0x15, MaximumCpus = 0x0f, FileDirectory = 0x19, FirstFile = 0x20;

    private const ushort WriteChannel = 0x4000, SelectorMask = 0xbfff;
    private const int FileNameBytes = 56;

    private readonly Dictionary<ushort, byte[]> _items = [];
    private readonly List<(string Name, ushort Key)> _files = [];
    private byte[] _current = [];
    private int _position;

    public FwCfg(int cpus, ulong ramBytes)
    {
        Add(Signature, "QEMU"u8.ToArray());
        Add(Id, BitConverter.GetBytes(1u));
        Add(RamSize, BitConverter.GetBytes(ramBytes));
        Add(NoGraphic, [1, 0]);
        Add(CpuCount, BitConverter.GetBytes((ushort)cpus));
        Add(MaximumCpus, BitConverter.GetBytes((ushort)cpus));
        PublishDirectory();
    }

    /// <summary>Replaces an item.</summary>
    public void Add(ushort key, byte[] bytes) => _items[key] = bytes;

    /// <summary>A named item such as "opt/org.example/answer".</summary>
    public void AddFile(string name, byte[] bytes)
    {
        ushort key = (ushort)(FirstFile + _files.Count);
        _files.Add((name, key));
        Add(key, bytes);
        PublishDirectory();
    }

    public void SetCommandLine(string commandLine)
    {
        var bytes = Encoding.UTF8.GetBytes(commandLine + "\0");
        Add(KernelCommandLine, bytes);
        Add(KernelCommandLineSize, BitConverter.GetBytes(bytes.Length));
    }

    public void Reset() => (_current, _position) = ([], 0);

    public uint Read(ushort offset, int size)
    {
        if (offset == 0) return 0;
        // Past the end of an item: zeros.
        return _position < _current.Length ? _current[_position++] : 0u;
    }

    public void Write(ushort offset, int size, uint value)
    {
        // The selector is a word; the old write-through of data is gone from the interface.
        if (offset != 0) return;
        ushort key = (ushort)(value & SelectorMask);
        _position = 0;
        _current = (value & WriteChannel) == 0 && _items.TryGetValue(key, out var item) ? item : [];
    }

    private void PublishDirectory()
    {
        var directory = new byte[4 + _files.Count * 64];
        BinaryPrimitives.WriteInt32BigEndian(directory, _files.Count);
        for (int i = 0; i < _files.Count; i++)
        {
            var entry = directory.AsSpan(4 + i * 64, 64);
            BinaryPrimitives.WriteInt32BigEndian(entry, _items[_files[i].Key].Length);
            BinaryPrimitives.WriteUInt16BigEndian(entry[4..], _files[i].Key);
            var name = Encoding.ASCII.GetBytes(_files[i].Name);
            name.AsSpan(0, Math.Min(name.Length, FileNameBytes - 1)).CopyTo(entry[8..]);
        }
        Add(FileDirectory, directory);
    }
}
