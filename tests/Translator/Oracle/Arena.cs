namespace Tcg.Mttcg.Translator.Tests.Oracle;

/// <summary>
/// The memory that instructions under test reach: a data window and a stack window inside a larger mapping. It exists twice, for the host processor
/// at its own address and for the guest as a copy behind the TLB.
/// </summary>
internal sealed unsafe class Arena : IDisposable
{
    public const ulong Address = 0x2000_0000;
    public const int Bytes = 0x80000;

    /// <summary>Memory operands lie well inside this window, which crosses a page boundary in its middle.</summary>
    public const int DataOffset = 0x40c00, DataBytes = 0x800;

    /// <summary>RSP points here; the signal handlers of the host have the 256 KiB below it.</summary>
    public const int StackOffset = 0x3fc00, StackBytes = 0x400;

    public byte* Native { get; } = HostPages.Data(Address, Bytes);
    public byte* Guest { get; } = (byte*)System.Runtime.InteropServices.NativeMemory.AlignedAlloc(Bytes, 4096);

    public Span<byte> NativeData => new(Native + DataOffset, DataBytes);
    public Span<byte> GuestData => new(Guest + DataOffset, DataBytes);
    public Span<byte> NativeStack => new(Native + StackOffset, StackBytes);
    public Span<byte> GuestStack => new(Guest + StackOffset, StackBytes);

    public void Dispose()
    {
        HostPages.Free(Native, Bytes);
        System.Runtime.InteropServices.NativeMemory.AlignedFree(Guest);
    }
}
