using Tcg.Mttcg.SelfTest.Machines;

namespace Tcg.Mttcg.SelfTest.Oracle;

/// <summary>
/// The memory that instructions under test reach: a data window and a stack window inside a larger mapping. It exists twice, for the host processor
/// at its own address and for the guest in its RAM, behind a page table entry for the same address.
/// </summary>
internal sealed unsafe class Arena : IDisposable
{
    public const ulong Address = 0x2000_0000;
    public const int Bytes = 0x80000;

    /// <summary>Where the data segment of 16-bit code begins in it.</summary>
    public const int ShortSegment = 0x40000;

    /// <summary>Memory operands lie well inside this window, which crosses a page boundary in its middle.</summary>
    public const int DataOffset = 0x40c00, DataBytes = 0x800;

    /// <summary>RSP points here; the signal handlers of the host have the 256 KiB below it.</summary>
    public const int StackOffset = 0x3fc00, StackBytes = 0x400;

    private const ulong GuestPhysical = 0x400000;
    private const ulong UserLargePage = 0x87, User = 4;

    private readonly TestMachine _machine;
    private readonly byte[] _before = new byte[DataBytes + StackBytes];

    public Arena(TestMachine machine)
    {
        _machine = machine;
        var tables = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(machine.Ram(TestMachine.Tables, 0x3000));
        tables[0] |= User;
        tables[0x200] |= User;
        tables[0x400 + (int)(Address >> 21)] = GuestPhysical | UserLargePage;
    }

    public byte* Native { get; } = HostPages.Data(Address, Bytes);

    public Span<byte> NativeData => new(Native + DataOffset, DataBytes);
    public Span<byte> GuestData => _machine.Ram(GuestPhysical + DataOffset, DataBytes);
    /// <summary>The last bytes that the guest can reach.</summary>
    public Span<byte> GuestEnd => _machine.Ram(GuestPhysical + 0x200000 - 64, 64);

    public Span<byte> NativeStack => new(Native + StackOffset, StackBytes);
    public Span<byte> GuestStack => _machine.Ram(GuestPhysical + StackOffset, StackBytes);

    /// <summary>Keeps native memory as it is now, for <see cref="RestoreGuest"/>.</summary>
    public void Remember()
    {
        NativeData.CopyTo(_before);
        NativeStack.CopyTo(_before.AsSpan(DataBytes));
    }

    public void RestoreGuest()
    {
        _before.AsSpan(0, DataBytes).CopyTo(GuestData);
        _before.AsSpan(DataBytes).CopyTo(GuestStack);
    }

    public void RestoreNative()
    {
        _before.AsSpan(0, DataBytes).CopyTo(NativeData);
        _before.AsSpan(DataBytes).CopyTo(NativeStack);
    }

    /// <summary>The remembered bytes, data and then stack.</summary>
    public Span<byte> Remembered => _before;

    public void Dispose() => HostPages.Free(Native, Bytes);
}
