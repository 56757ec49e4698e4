using Tcg.Mttcg.Memory.Contracts;

namespace Tcg.Mttcg.Memory.Tests.Physical;

/// <summary>Bytes behind registers, with a log of the calls such as "r4@0" and "w2@6=beef".</summary>
internal sealed class FakeDevice(object? gate = null) : IMmioDevice, IPortDevice
{
    public byte[] Bytes { get; } = new byte[256];
    public List<string> Calls { get; } = [];
    public bool AlwaysGated { get; private set; } = true;

    public ulong Read(ulong offset, int size)
    {
        Note($"r{size}@{offset:x}");
        var value = 0UL;
        for (var i = 0; i < size; i++)
            value |= (ulong)Bytes[(int)offset + i] << (i * 8);
        return value;
    }

    public void Write(ulong offset, int size, ulong value)
    {
        Note($"w{size}@{offset:x}={value:x}");
        for (var i = 0; i < size; i++)
            Bytes[(int)offset + i] = (byte)(value >> (i * 8));
    }

    public uint Read(ushort offset, int size) => (uint)Read((ulong)offset, size);

    public void Write(ushort offset, int size, uint value) => Write((ulong)offset, size, value);

    private void Note(string call)
    {
        Calls.Add(call);
        AlwaysGated &= gate is null || Monitor.IsEntered(gate);
    }
}
