using Tcg.Mttcg.Machine.Wiring;

namespace Tcg.Mttcg.Machine.Registers;

/// <summary>One 32-bit register of a device.</summary>
/// <param name="Offset">In bytes, a multiple of 4.</param>
/// <param name="Writable">Bits a guest may change; attempts on others are logged.</param>
/// <param name="Write">Gets the value with only writable bits; null for a read-only register.</param>
public sealed record Register(uint Offset, string Name, Func<uint> Read, uint Writable = 0, Action<uint>? Write = null);

/// <summary>A device's registers as a table: finds them, merges narrow and wide accesses, masks, and logs what is not modelled.</summary>
public sealed class RegisterTable
{
    private readonly string _device;
    private readonly IDeviceLog _log;
    private readonly Dictionary<uint, Register> _registers;

    public RegisterTable(string device, IDeviceLog log, params IEnumerable<Register> registers)
    {
        (_device, _log) = (device, log);
        _registers = registers.ToDictionary(r => r.Offset);
    }

    /// <param name="size">1, 2, 4 or 8 bytes; an access of 8 reaches two registers.</param>
    public ulong Read(ulong offset, int size)
    {
        if (size == 8) return Read(offset, 4) | Read(offset + 4, 4) << 32;
        int shift = (int)(offset & 3) * 8;
        uint value = Find(offset, "read")?.Read() ?? 0;
        return value >> shift & (uint)((1ul << size * 8) - 1);
    }

    /// <inheritdoc cref="Read"/>
    public void Write(ulong offset, int size, ulong value)
    {
        if (size == 8)
        {
            Write(offset, 4, (uint)value);
            Write(offset + 4, 4, value >> 32);
            return;
        }
        if (Find(offset, "write") is not { } register) return;
        int shift = (int)(offset & 3) * 8;
        uint mask = (uint)(((1ul << size * 8) - 1) << shift), bits = (uint)(value << shift) & mask;
        // Writing back what is there is not worth a line.
        uint refused = (bits ^ register.Read()) & mask & ~register.Writable;
        if (refused != 0) _log.Unhandled(_device, $"write of 0x{bits:x} to {register.Name} touches reserved bits 0x{refused:x}");
        register.Write?.Invoke((size == 4 ? bits : register.Read() & ~mask | bits) & register.Writable);
    }

    private Register? Find(ulong offset, string access)
    {
        if (offset <= uint.MaxValue && _registers.TryGetValue((uint)offset & ~3u, out var register)) return register;
        _log.Unhandled(_device, $"{access} of unknown register 0x{offset:x}");
        return null;
    }
}
