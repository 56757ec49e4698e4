namespace Tcg.Mttcg.Machine.Firmware;

/// <summary>A piece of memory below 1 MiB that tables are laid out in.</summary>
internal sealed class FirmwareArea(IGuestMemory memory, ulong start, ulong end)
{
    private ulong _next = start;

    public ulong Reserve(int bytes, ulong alignment)
    {
        ulong address = (_next + alignment - 1) & ~(alignment - 1);
        if (address + (ulong)bytes > end) throw new InvalidOperationException($"firmware tables overflow their area at 0x{end:x}");
        _next = address + (ulong)bytes;
        return address;
    }

    public ulong Put(byte[] table, ulong alignment)
    {
        ulong address = Reserve(table.Length, alignment);
        memory.Write(address, table);
        return address;
    }

    public void Write(ulong address, byte[] table) => memory.Write(address, table);
}
