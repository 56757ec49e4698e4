using Iced.Intel;
using Tcg.Mttcg.Guests.BareMetal;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Litmus;

/// <summary>
/// A virtio-blk device as a litmus guest drives it (virtio 1.2 4.1.5, 5.2): one split queue, one request at a time unless the guest does more by itself. For one CPU.
/// </summary>
internal sealed class DiskDriver(LitmusProgram litmus)
{
    public const int Entries = 256, SectorBytes = 512;

    /// <summary>Of <see cref="Entries"/> descriptors, and of the two rings.</summary>
    public const uint Descriptors = LitmusMap.Disk + 0x1000, Available = LitmusMap.Disk + 0x2000, Used = LitmusMap.Disk + 0x3000;

    /// <summary>16 bytes for the device to read, and the one that it writes last.</summary>
    public const uint Header = LitmusMap.Disk + 0x100, Status = LitmusMap.Disk + 0x140;

    /// <summary>A word that holds the address to write to when requests are available.</summary>
    public const uint Doorbell = LitmusMap.Disk + 0x180;

    private const byte Acknowledge = 1, Driver = 2, DriverOk = 4, FeaturesOk = 8;
    private const byte FeatureSelect = 0x08, Features = 0x0c, ConfigurationVector = 0x10, DeviceStatus = 0x14, QueueSelect = 0x16, QueueSize = 0x18, QueueVector = 0x1a,
        QueueEnable = 0x1c, QueueNotify = 0x1e, QueueDescriptors = 0x20, QueueAvailable = 0x28, QueueUsed = 0x30;
    private const short NoVector = -1, NoInterrupt = 1;
    private const uint HasNext = 1, DeviceWrites = 2;

    private readonly Assembler C = litmus.C;

    /// <summary>Finds the device, describes the queue to it, and prepares the three descriptors of <see cref="Read"/>. Clobbers all but RBX, RSP and R9 to R15.</summary>
    /// <param name="vector">Of the interrupt of each completion, at the CPU that runs this; null: it is not interrupted.</param>
    /// <param name="features">Bits 0 to 31 of those to ask for.</param>
    public void Start(byte? vector, uint features = 0)
    {
        var search = new DiskSearch(litmus);
        search.Emit();
        C.mov(edi, __dword_ptr[DiskSearch.Structure(DiskSearch.Common)]);
        C.mov(__byte_ptr[rdi + DeviceStatus], 0);
        litmus.SpinUntilEqual(() => C.cmp(__byte_ptr[rdi + DeviceStatus], 0));
        C.mov(__byte_ptr[rdi + DeviceStatus], Acknowledge);
        C.mov(__byte_ptr[rdi + DeviceStatus], Acknowledge | Driver);
        C.mov(__dword_ptr[rdi + FeatureSelect], 0);
        C.mov(__dword_ptr[rdi + Features], features);
        // VERSION_1.
        C.mov(__dword_ptr[rdi + FeatureSelect], 1);
        C.mov(__dword_ptr[rdi + Features], 1);
        C.mov(__byte_ptr[rdi + DeviceStatus], Acknowledge | Driver | FeaturesOk);
        C.test(__byte_ptr[rdi + DeviceStatus], FeaturesOk);
        litmus.IfElse(c => c.jne, () => litmus.GiveUp("the disk does not take our features\n"));
        if (vector is { } number) Interrupts(search, number);
        else C.mov(__word_ptr[Available], NoInterrupt);
        DescribeQueue(vector is null ? NoVector : (short)0);
        C.mov(__byte_ptr[rdi + DeviceStatus], Acknowledge | Driver | FeaturesOk | DriverOk);
        Describe(0, Header, 16, HasNext, 1);
        Describe(1, 0, SectorBytes, HasNext | DeviceWrites, 2);
        Describe(2, Status, 1, DeviceWrites, 0);
    }

    /// <summary>Has a sector read to an address. Clobbers RAX.</summary>
    public void Read(AssemblerRegister64 sector, AssemblerRegister64 address)
    {
        C.mov(__qword_ptr[Header + 8], sector);
        C.mov(__qword_ptr[Descriptors + 16], address);
        C.mov(__byte_ptr[Status], -1);
        // All entries of the ring name descriptor 0.
        C.inc(__word_ptr[Available + 2]);
        Ring();
    }

    /// <summary>Tells the device. Clobbers RAX.</summary>
    public void Ring()
    {
        C.mov(eax, __dword_ptr[Doorbell]);
        C.mov(__word_ptr[rax], 0);
    }

    /// <summary>Flags: equal when the device has used all that was made available. Clobbers RAX.</summary>
    public void CompareUsed()
    {
        C.mov(ax, __word_ptr[Available + 2]);
        C.cmp(__word_ptr[Used + 2], ax);
    }

    /// <summary>Ends the guest if the last read failed.</summary>
    public void CheckStatus()
    {
        C.cmp(__byte_ptr[Status], 0);
        litmus.IfElse(c => c.je, () => litmus.GiveUp("the disk failed to read\n"));
    }

    /// <summary>A descriptor, whose address must not be in use. Clobbers nothing.</summary>
    public void Describe(int index, uint address, int length, uint flags, uint next)
    {
        var at = Descriptors + (uint)index * 16;
        C.mov(__dword_ptr[at], address);
        C.mov(__dword_ptr[at + 4], 0);
        C.mov(__dword_ptr[at + 8], length);
        C.mov(__dword_ptr[at + 12], flags | next << 16);
    }

    // The table's first entry (PCI Local Bus 3.0 6.8.2), then the switch.
    private void Interrupts(DiskSearch search, byte vector)
    {
        C.mov(eax, MemoryMap.LocalApic);
        C.mov(eax, __dword_ptr[rax + 0x20]);
        C.shr(eax, 24);
        C.shl(eax, 12);
        C.or(eax, MemoryMap.LocalApic);
        C.mov(edx, __dword_ptr[DiskSearch.Structure(DiskSearch.MsiX)]);
        C.mov(__dword_ptr[rdx], eax);
        C.mov(__dword_ptr[rdx + 4], 0);
        C.mov(__dword_ptr[rdx + 8], vector);
        C.mov(__dword_ptr[rdx + 12], 0);
        C.mov(ebp, __dword_ptr[DiskSearch.Extra(DiskSearch.MsiX)]);
        search.Read(__[rsi + rbp]);
        C.and(eax, 0x3fff_ffff);
        C.or(eax, 0x8000_0000);
        search.WriteBack();
    }

    private void DescribeQueue(short vector)
    {
        C.mov(__word_ptr[rdi + ConfigurationVector], NoVector);
        C.mov(__word_ptr[rdi + QueueSelect], 0);
        C.mov(__word_ptr[rdi + QueueSize], Entries);
        C.mov(__word_ptr[rdi + QueueVector], vector);
        foreach (var (field, address) in (ReadOnlySpan<(byte, uint)>)[(QueueDescriptors, Descriptors), (QueueAvailable, Available), (QueueUsed, Used)])
        {
            C.mov(__dword_ptr[rdi + field], address);
            C.mov(__dword_ptr[rdi + field + 4], 0);
        }
        C.movzx(eax, __word_ptr[rdi + QueueNotify]);
        C.imul(eax, __dword_ptr[DiskSearch.Extra(DiskSearch.Notify)]);
        C.add(eax, __dword_ptr[DiskSearch.Structure(DiskSearch.Notify)]);
        C.mov(__dword_ptr[Doorbell], eax);
        C.mov(__word_ptr[rdi + QueueEnable], 1);
    }
}
