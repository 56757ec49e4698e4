using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Tcg.Mttcg.Guests.Litmus;

/// <summary>
/// Finds a modern virtio-blk function on PCI bus 0 by configuration mechanism 1 (PCI Local Bus 3.0 3.2.2.3.2), lets it reach memory, and notes where its
/// structures are (virtio 1.2 4.1.4). The firmware gave out the base addresses, below 4 GiB. Leaves ESI: the function's address. Clobbers all but RBX, RSP and R9 to R15.
/// </summary>
internal sealed class DiskSearch(LitmusProgram litmus)
{
    /// <summary>Types of virtio's structures; 0, which none has, holds the MSI-X table.</summary>
    public const int MsiX = 0, Common = 1, Notify = 2;

    private const uint Enable = 0x8000_0000, SlotBytes = 0x800, Slots = 32;
    private const uint Identity = 0x1042_1af4, Commands = 4, MemoryAndMaster = 6, Bars = 0x10, Capabilities = 0x34;
    private const byte Vendor = 0x09, Messages = 0x11, LastType = 4;

    private readonly Assembler C = litmus.C;

    /// <summary>Address of a structure.</summary>
    public static uint Structure(int type) => LitmusMap.Disk + (uint)type * 8;

    /// <summary>What its capability says besides: the notify multiplier, or where in configuration space the MSI-X capability begins.</summary>
    public static uint Extra(int type) => Structure(type) + 4;

    public void Emit()
    {
        Label next = C.CreateLabel(), found = C.CreateLabel();
        C.mov(esi, Enable);
        litmus.Here(ref next);
        Read(__[rsi]);
        C.cmp(eax, Identity);
        C.je(found);
        C.add(esi, SlotBytes);
        C.cmp(esi, Enable + Slots * SlotBytes);
        C.jne(next);
        litmus.GiveUp("there is no virtio-blk-pci device (disable-legacy=on)\n");
        litmus.Here(ref found);
        Read(__[rsi + Commands]);
        C.movzx(eax, ax);
        C.or(eax, MemoryAndMaster);
        WriteBack();
        Read(__[rsi + Capabilities]);
        C.movzx(edi, al);
        Walk();
    }

    /// <summary>EAX becomes a register of configuration space.</summary>
    public void Read(AssemblerMemoryOperand address)
    {
        C.lea(eax, address);
        C.mov(dx, 0xcf8);
        C.@out(dx, eax);
        C.mov(dx, 0xcfc);
        C.@in(eax, dx);
    }

    /// <summary>EAX goes where <see cref="Read"/> took it from.</summary>
    public void WriteBack() => C.@out(dx, eax);

    // EDI: the capability; EBP: its first double word.
    private void Walk()
    {
        Label each = C.CreateLabel(), end = C.CreateLabel();
        litmus.Here(ref each);
        C.test(edi, edi);
        C.je(end);
        Read(__[rsi + rdi]);
        C.mov(ebp, eax);
        C.cmp(al, Vendor);
        litmus.IfElse(c => c.jne, NoteStructure);
        C.mov(eax, ebp);
        C.cmp(al, Messages);
        litmus.IfElse(c => c.jne, NoteMessages);
        C.shr(ebp, 8);
        C.movzx(edi, bpl);
        C.jmp(each);
        litmus.Here(ref end);
    }

    private void NoteStructure()
    {
        C.mov(r8d, ebp);
        C.shr(r8d, 24);
        C.cmp(r8d, LastType);
        litmus.IfElse(c => c.ja, () =>
        {
            Read(__[rsi + rdi + 4]);
            C.movzx(ecx, al);
            ReadBar();
            C.mov(__dword_ptr[r8 * 8 + LitmusMap.Disk], eax);
            Read(__[rsi + rdi + 8]);
            C.add(__dword_ptr[r8 * 8 + LitmusMap.Disk], eax);
            Read(__[rsi + rdi + 16]);
            C.mov(__dword_ptr[r8 * 8 + (LitmusMap.Disk + 4)], eax);
        });
    }

    private void NoteMessages()
    {
        Read(__[rsi + rdi + 4]);
        C.mov(r8d, eax);
        C.and(r8d, -8);
        C.and(eax, 7);
        C.mov(ecx, eax);
        ReadBar();
        C.add(eax, r8d);
        C.mov(__dword_ptr[Structure(MsiX)], eax);
        C.mov(__dword_ptr[Extra(MsiX)], edi);
    }

    // Number ECX; the upper half of a 64-bit one is zero.
    private void ReadBar()
    {
        Read(__[rsi + rcx * 4 + Bars]);
        C.and(eax, -16);
    }
}
